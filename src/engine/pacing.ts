import type { Backoff, Pace } from "../core/index.ts";

const FIRST_RETRY_MILLISECONDS = 1_000;
/** The longest pause of a source that fails, in steady paces: cheap sources are retried sooner than expensive ones. */
const RETRY_PACES = 10;
const LONGEST_RETRY_MILLISECONDS = { least: 5_000, most: 30_000 };
/** A server that asks for fewer reads gets fewer. */
const THROTTLED: Backoff = { firstMilliseconds: 5_000, longestMilliseconds: 60_000 };

/** How the pauses grow after failures of this kind. */
export function retryBackoff({ steadySeconds }: Pace, failure: string): Backoff {
  if (failure === "Throttled") return THROTTLED;
  const { least, most } = LONGEST_RETRY_MILLISECONDS;
  const paces = RETRY_PACES * steadySeconds * 1000;
  return { firstMilliseconds: FIRST_RETRY_MILLISECONDS, longestMilliseconds: Math.min(Math.max(paces, least), most) };
}

/** What one subscriber wants of a poll that it may share with others. */
export interface PaceWish {
  /** Time between two polls, in seconds, where its user set one: then polls neither speed up nor slow down. */
  readonly pollIntervalSeconds: number | undefined;
  /** Its reading is stale after this many seconds. */
  readonly freshnessSeconds: number;
}

/** No poll comes sooner after the last one, whatever a user sets. */
const SHORTEST_SECONDS = 0.1;
/** A next reading should be there a little before the last one turns stale. */
const FRESHNESS_SHARE = 0.8;

/** The pace that suits all subscribers of a poll: the fastest that any of them needs. */
export function sharedPace(pace: Pace, wishes: readonly PaceWish[]): Pace {
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

/** While nothing changes, each pause is longer than the one before by this factor. */
const GROWTH = 2;
/** A value that differs by no more than this share is the same value (WPA's tolerance). */
const NOISE = 0.1;
/** Quick polls that may be spent on a value that moves although no decision comes of it. */
const FRUITLESS_POLLS = 10;
/** Pauses are stretched by up to this share, never shortened, so that polls drift apart and stay within the budget. */
const JITTER = 0.1;

/**
 * Decides how long to pause between two polls: short while the value moves, growing while it does not. A value that
 * only ever jitters, so that nothing is ever decided on it, stops being worth quick polls.
 */
export class Pacer {
  #pause = Number.POSITIVE_INFINITY;
  #patience = FRUITLESS_POLLS;
  #last: number | undefined;

  /** A poll gave this value. */
  noteValue(value: number, pace: Pace): void {
    const hasMoved = this.#last !== undefined && differs(value, this.#last);
    this.#last = value;
    if (hasMoved && this.#patience > 0) {
      this.#patience -= 1;
      this.#pause = pace.movingSeconds;
    } else {
      this.#pause *= GROWTH;
    }
  }

  /** A decision came of it, or something else says that there is more to see. */
  hurry(): void {
    this.#patience = FRUITLESS_POLLS;
    this.#pause = 0;
  }

  /** Seconds until the next poll. `random` in [0, 1). */
  pauseSeconds(pace: Pace, random: () => number): number {
    this.#pause = Math.min(Math.max(this.#pause, pace.movingSeconds), pace.steadySeconds);
    return this.#pause * (1 + random() * JITTER);
  }
}

function differs(value: number, last: number): boolean {
  return Math.abs(value - last) > NOISE * Math.max(Math.abs(value), Math.abs(last));
}
