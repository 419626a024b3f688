import type { Pace } from "../core/index.ts";

/** While nothing changes, each pause is so much longer than the one before. */
const GROWTH = 2;
/** A value that differs by no more than this share is the same value (WPA's tolerance). */
const NOISE = 0.1;
/** Quick looks that may be spent on a value that moves although no decision comes of it. */
const FRUITLESS_LOOKS = 10;
/** Pauses are stretched by up to this share, never shortened, so that looks drift apart and stay within the budget. */
const JITTER = 0.1;

/**
 * Decides how long to pause between two looks: short while the value moves, growing while it does not. A value that
 * only ever jitters, so that nothing is ever decided on it, stops being worth quick looks.
 */
export class Pacer {
  #pause = Number.POSITIVE_INFINITY;
  #patience = FRUITLESS_LOOKS;
  #last: number | undefined;

  /** A look gave this value. */
  looked(value: number, pace: Pace): void {
    const moved = this.#last !== undefined && differs(value, this.#last);
    this.#last = value;
    if (moved && this.#patience > 0) {
      this.#patience -= 1;
      this.#pause = pace.movingSeconds;
    } else {
      this.#pause *= GROWTH;
    }
  }

  /** A decision came of it, or something else says that there is more to see. */
  hurry(): void {
    this.#patience = FRUITLESS_LOOKS;
    this.#pause = 0;
  }

  /** Seconds until the next look. `random` in [0, 1). */
  pauseSeconds(pace: Pace, random: () => number): number {
    this.#pause = Math.min(Math.max(this.#pause, pace.movingSeconds), pace.steadySeconds);
    return this.#pause * (1 + random() * JITTER);
  }
}

function differs(value: number, last: number): boolean {
  return Math.abs(value - last) > NOISE * Math.max(Math.abs(value), Math.abs(last));
}
