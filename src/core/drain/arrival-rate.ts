import type { FlowPoint } from "./drain-memory.ts";
import { newestUntil } from "./newest-until.ts";

/** A mean over less is none. */
export const FAST_MS = 60_000;
export const SLOW_MS = 300_000;

/**
 * Messages that arrive a second: the larger of a mean over a minute and one over five. Undefined before a minute was
 * looked at: a shorter time is no rate.
 */
export function arrivalRate(flow: readonly FlowPoint[]): number | undefined {
  const newest = flow.at(-1);
  const fast = newest && flow[newestUntil(flow, newest.at - FAST_MS)];
  if (newest === undefined || fast === undefined) return undefined;
  const slow = flow[newestUntil(flow, newest.at - SLOW_MS)] ?? flow[0] ?? fast;
  return Math.max(0, rateSince(fast, newest), rateSince(slow, newest));
}

function rateSince(since: FlowPoint, newest: FlowPoint): number {
  return ((newest.arrived - since.arrived) * 1000) / (newest.at - since.at);
}
