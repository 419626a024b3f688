import type { Pace } from "../core/index.ts";

/** What one asker wants of a look that it may share with others. */
export interface PaceWish {
  /** Time between two looks, in seconds, where its user set one: then looks neither speed up nor slow down. */
  readonly pollIntervalSeconds: number | undefined;
  /** Its reading is stale after so many seconds. */
  readonly freshnessSeconds: number;
}

/** Looks come at most so often, whatever anybody wishes. */
const SHORTEST_SECONDS = 0.1;
/** A next reading should be there a little before the last one turns stale. */
const FRESHNESS_SHARE = 0.8;

/** The pace that suits everybody who shares a look: the fastest that any of them needs. */
export function sharedPace(pace: Pace, wishes: Iterable<PaceWish>): Pace {
  let movingSeconds = Number.POSITIVE_INFINITY;
  let steadySeconds = Number.POSITIVE_INFINITY;
  let isFree = false;
  for (const wish of wishes) {
    isFree ||= wish.pollIntervalSeconds === undefined;
    const limit = wish.freshnessSeconds > 0 ? wish.freshnessSeconds * FRESHNESS_SHARE : Number.POSITIVE_INFINITY;
    movingSeconds = Math.min(movingSeconds, wish.pollIntervalSeconds ?? pace.movingSeconds, limit);
    steadySeconds = Math.min(steadySeconds, wish.pollIntervalSeconds ?? pace.steadySeconds, limit);
  }
  if (!Number.isFinite(steadySeconds)) return pace;
  return {
    ...(isFree && pace.asleepSeconds !== undefined && { asleepSeconds: pace.asleepSeconds }),
    movingSeconds: Math.max(Math.min(movingSeconds, steadySeconds), SHORTEST_SECONDS),
    steadySeconds: Math.max(steadySeconds, SHORTEST_SECONDS),
  };
}
