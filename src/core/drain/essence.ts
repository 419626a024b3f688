import { FAST_MS, SLOW_MS } from "./arrival-rate.ts";
import type { DrainMemory, FlowPoint } from "./drain-memory.ts";
import { newestUntil } from "./newest-until.ts";

/**
 * As much of a memory as the next decision on the same look needs, which is little: what further looks would be compared
 * with is left out, and what was learned, which is told elsewhere.
 */
export function essence({ flow, hands, tally: _, estimates: __, learned: ___, ...rest }: DrainMemory): DrainMemory {
  return {
    ...rest,
    ...(flow === undefined ? {} : { flow: pointsThatCount(flow, rest.last?.waiting ?? 0) }),
    ...(hands === undefined ? {} : { hands: { ...hands, minutes: [] } }),
  };
}

/** Those that rates and ages are reckoned from. */
function pointsThatCount(flow: readonly FlowPoint[], waiting: number): readonly FlowPoint[] {
  const newest = flow.at(-1);
  if (newest === undefined) return flow;
  const since = (ms: number) => newestUntil(flow, newest.at - ms);
  const oldest = flow.findLastIndex(({ arrived }) => arrived <= newest.arrived - waiting);
  const counting = new Set([0, since(FAST_MS), since(SLOW_MS), oldest, oldest + 1, flow.length - 1]);
  return flow.filter((_, index) => counting.has(index));
}
