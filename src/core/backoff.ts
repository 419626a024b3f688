/** How the pauses between attempts grow, in milliseconds. */
export interface Backoff {
  readonly firstMilliseconds: number;
  readonly longestMilliseconds: number;
}

/**
 * The pause after this many failures in a row (1 or more): doubled each time up to the longest, then somewhere between
 * half of it and all of it, so that clients that failed together do not try again together.
 */
export function pauseAfter(failures: number, backoff: Backoff, random: () => number): number {
  const whole = Math.min(backoff.firstMilliseconds * 2 ** Math.min(failures - 1, 30), backoff.longestMilliseconds);
  return whole * (0.5 + random() / 2);
}
