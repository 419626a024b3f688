/** When to try a broken thing again: twice as late after each failure, with jitter so that many clients do not come back at once. */
export class Backoff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  #failures = 0;
  #retryAt = Number.NEGATIVE_INFINITY;

  constructor(limits: { readonly firstMs: number; readonly mostMs: number }) {
    this.#firstMs = limits.firstMs;
    this.#mostMs = limits.mostMs;
  }

  /** Whether it is too early to try; `now` is on any steady clock, in milliseconds. */
  holdsBack(now: number): boolean {
    return now < this.#retryAt;
  }

  failed(now: number): void {
    const wait = Math.min(this.#mostMs, this.#firstMs * 2 ** this.#failures);
    // Half of the wait is certain, half is chance.
    this.#retryAt = now + wait * (0.5 + Math.random() / 2);
    this.#failures++;
  }

  succeeded(): void {
    this.#failures = 0;
  }
}
