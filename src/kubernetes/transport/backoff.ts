const SHORTEST_MS = 50;
const LONGEST_MS = 10_000;

/** Growing waits between attempts: 50 ms doubling to 10 s, each between half of it and all of it. */
export class Backoff {
  readonly #random: () => number;
  #next = SHORTEST_MS;
  #attempts = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Waits since the last reset. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Milliseconds to wait now, at least what the server asked for. */
  next(retryAfterSeconds = 0): number {
    const wait = this.#next * (0.5 + this.#random() / 2);
    this.#attempts += 1;
    this.#next = Math.min(this.#next * 2, LONGEST_MS);
    return Math.max(wait, retryAfterSeconds * 1000);
  }

  reset(): void {
    this.#next = SHORTEST_MS;
    this.#attempts = 0;
  }
}
