import { type Backoff, pauseAfter } from "../core/index.ts";

/** There may be work, the source cannot wait now, or the wait failed. */
export type WaitEnd = "maybe-work" | "unsupported" | "failed";

/** After a wait that failed: the poll that follows says how things are. */
const FAILED_WAIT_PAUSE: Backoff = { firstMilliseconds: 1_000, longestMilliseconds: 30_000 };
/** After wakes that found nothing: the first ones cost nothing, a source that wakes without end is slowed down. */
const FALSE_WAKE_PAUSE: Backoff = { firstMilliseconds: 20, longestMilliseconds: 2_000 };
const FREE_FALSE_WAKES = 1;
/** A wait that held this long was a good one, whatever came before. */
const HONEST_WAIT_MILLISECONDS = 10_000;
/**
 * No wait lasts forever: if a connection dies without a sign, a poll after this long finds out. So rare that it does
 * not count against any budget of calls.
 */
const LONGEST_WAIT_MILLISECONDS = 30 * 60_000;

/** The waits for work of one poller: when the present one ends, and how soon a poll may follow the last one. */
export class WorkWait {
  endsAt = Number.POSITIVE_INFINITY;
  /** The source refused to wait, or the wait failed: a poll must come before the next one. */
  isRefused = false;
  #beganAt = 0;
  #failures = 0;
  #falseWakes = 0;

  begin(now: number, random: () => number): void {
    this.#beganAt = now;
    this.endsAt = now + LONGEST_WAIT_MILLISECONDS * (0.8 + random() / 5);
  }

  /** It is no longer wanted. */
  leave(now: number): void {
    this.endsAt = Number.POSITIVE_INFINITY;
    if (now - this.#beganAt < HONEST_WAIT_MILLISECONDS) return;
    this.#failures = 0;
    this.#falseWakes = 0;
  }

  /** It ended by itself. Returns the milliseconds before the poll that follows. */
  end(end: WaitEnd, now: number, random: () => number): number {
    this.leave(now);
    if (end === "maybe-work") {
      const tooMany = this.#falseWakes - FREE_FALSE_WAKES;
      return tooMany > 0 ? pauseAfter(tooMany, FALSE_WAKE_PAUSE, random) : 0;
    }
    this.isRefused = true;
    if (end === "unsupported") return 0;
    this.#failures += 1;
    return pauseAfter(this.#failures, FAILED_WAIT_PAUSE, random);
  }

  /** A poll ended: waiting may be tried again. */
  polled(afterFalseWake: boolean): void {
    this.#falseWakes = afterFalseWake ? this.#falseWakes + 1 : 0;
    this.isRefused = false;
  }
}
