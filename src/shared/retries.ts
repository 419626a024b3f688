import { type Backoff, pauseAfter } from "../core/index.ts";

/** Counts failures in a row and says how long to wait after each. */
export class Retries {
  readonly #backoff: Backoff;
  readonly #random: () => number;
  #failures = 0;

  constructor(backoff: Backoff, random: () => number = Math.random) {
    this.#backoff = backoff;
    this.#random = random;
  }

  /** Since the last reset. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure. Returns the milliseconds to wait, at least what the server asked for. */
  next(retryAfterSeconds = 0): number {
    this.#failures += 1;
    return Math.max(pauseAfter(this.#failures, this.#backoff, this.#random), retryAfterSeconds * 1000);
  }

  reset(): void {
    this.#failures = 0;
  }
}
