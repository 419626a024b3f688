import type { BookedJob } from "./job-book.ts";

/** A Job that failed after it had run this long did not fail at once. */
const AT_ONCE_MS = 60_000;
/** So many in a row, and none is created for a while. */
export const MOST_FAILURES = 10;
const FIRST_PAUSE_MS = 1_000;

/** Jobs in a row that failed at once, up to now. */
export interface Failures {
  readonly count: number;
  /** When the last of them failed; 0: none did. */
  readonly lastAt: number;
  /** The last of them, where it is known. */
  readonly last?: BookedJob;
}

/** How many Jobs may be created now, and when more may. */
export interface FailureLimit {
  readonly most: number;
  readonly until: number;
}

/**
 * Counts the failures since the last Job that did not fail at once. `stored`: what the status has of the same spec, which
 * counts where no such Job is known any longer.
 */
export function countFailures(
  ended: readonly BookedJob[],
  generation: number,
  stored: Failures = { count: 0, lastAt: 0 },
): Failures {
  const ours = ended
    .flatMap((one) =>
      one.job.generation === generation && one.job.end !== undefined ? [{ one, end: one.job.end }] : [],
    )
    .sort((a, b) => b.end.at - a.end.at || Number(a.end.isFailed) - Number(b.end.isFailed));
  const good = ours.findIndex(({ one, end }) => !end.isFailed || end.at - one.job.createdAt > AT_ONCE_MS);
  const failed = good < 0 ? ours : ours.slice(0, good);
  const [newest] = failed;
  const lastAt = newest?.end.at ?? 0;
  const last = newest === undefined ? {} : { last: newest.one };
  if (good >= 0 || stored.count <= failed.length) return { count: failed.length, lastAt, ...last };
  return { count: stored.count, lastAt: Math.max(lastAt, stored.lastAt), ...last };
}

/** The first failures make the next Jobs wait longer and longer; after ten, one Job is tried each `retryAfterSeconds`. */
export function limitAfter({ count, lastAt }: Failures, retryAfterSeconds: number, now: number): FailureLimit {
  if (count === 0) return { most: Number.POSITIVE_INFINITY, until: 0 };
  const isStopped = count >= MOST_FAILURES;
  const pause = isStopped ? retryAfterSeconds * 1000 : FIRST_PAUSE_MS * 2 ** (count - 1);
  // The API server's clock may be ahead of ours.
  const until = Math.min(lastAt, now) + pause;
  if (now < until) return { most: 0, until };
  return { most: isStopped ? 1 : MOST_FAILURES - count, until: now };
}
