import type { Memory } from "../decision.ts";
import type { Instant } from "../reading.ts";

/** When the last scaling was, for rules that wait after one. */
export interface LastScaling {
  /** Never in the future. */
  readonly at: Instant;
  /** The memory put right, where it was wrong. */
  readonly memory?: Memory;
}

/** A clock that was stepped back must not stretch a wait: a scaling in the future counts as one made now. */
export function lastScaling(memory: Memory, now: Instant): LastScaling | undefined {
  const at = memory.lastScaleAt;
  if (at === undefined) return undefined;
  return at <= now ? { at } : { at: now, memory: { ...memory, lastScaleAt: now } };
}

/** How long ago the last scaling was, as a clause. */
export function ago({ lastScaleAt = 0 }: Memory, now: Instant): string {
  if (lastScaleAt <= now) return `the last scaling was ${Math.floor((now - lastScaleAt) / 1000)} s ago`;
  return `the last scaling is dated ${Math.ceil((lastScaleAt - now) / 1000)} s in the future and counts as made now`;
}
