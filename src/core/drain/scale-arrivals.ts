import type { Memory } from "../decision.ts";
import { arrivalsOf } from "./arrivals.ts";

/** Arrivals a minute that a drain rule has counted, to four digits. Undefined where it has not, or nothing arrives. */
export function countedPerMinute({ drains }: Memory, name: string): number | undefined {
  const arrivals = arrivalsOf(drains?.[name] ?? {});
  return arrivals?.isCounted && arrivals.perSecond > 0 ? Number((arrivals.perSecond * 60).toPrecision(4)) : undefined;
}

/** The memory as if that many times as many messages had arrived at every moment that is remembered. */
export function scaleArrivals(memory: Memory, name: string, factor: number): Memory {
  const drain = memory.drains?.[name];
  const newest = drain?.flow?.at(-1);
  if (drain?.flow === undefined || newest === undefined) return memory;
  const flow = drain.flow.map((point) => ({
    ...point,
    arrived: newest.arrived - (newest.arrived - point.arrived) * factor,
  }));
  return { ...memory, drains: { ...memory.drains, [name]: { ...drain, flow } } };
}
