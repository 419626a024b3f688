import type { Autoscaler, Instant, Memory } from "../core/index.ts";

/** Longest period that an HPA-like rate policy may have, in milliseconds (autoscaling/v2: 1800 s). */
const LONGEST_PERIOD = 1_800_000;

/** The memory after replicas were changed by us. */
export function withScaling(memory: Memory, autoscaler: Autoscaler, change: number, at: Instant): Memory {
  if (autoscaler.behavior === undefined) return { ...memory, lastScaleAt: at };
  const scalings = (memory.scalings ?? []).filter((scaling) => at - scaling.at <= LONGEST_PERIOD);
  return { ...memory, lastScaleAt: at, scalings: [...scalings, { at, change }] };
}

/** What is left of a memory when the signals were changed: scalings happened, but what old signals asked for is void. */
export function withoutRecommendations({ recommendations: _, ...rest }: Memory): Memory {
  return rest;
}

/** The memory in a time of day that was stepped by so many milliseconds. */
export function steppedBy(milliseconds: number, { lastScaleAt, recommendations, scalings }: Memory): Memory {
  const move = <Item extends { readonly at: Instant }>(item: Item) => ({ ...item, at: item.at + milliseconds });
  return {
    ...(lastScaleAt === undefined ? {} : { lastScaleAt: lastScaleAt + milliseconds }),
    ...(recommendations === undefined ? {} : { recommendations: recommendations.map(move) }),
    ...(scalings === undefined ? {} : { scalings: scalings.map(move) }),
  };
}

/** Of what this process remembers and what the object's status says, the one that knows of the later scaling. */
export function laterOf(own: Memory, stored: Memory): Memory {
  return (stored.lastScaleAt ?? 0) >= (own.lastScaleAt ?? 0) ? stored : own;
}
