/** A rate limit with a burst. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #monotonic: () => number;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, burst: number, monotonic: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#monotonic = monotonic;
    this.#tokens = burst;
    this.#at = monotonic();
  }

  /** Takes one, if there is one. */
  take(): boolean {
    if (this.waitMs() > 0) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Milliseconds until there is one; 0: there is. */
  waitMs(): number {
    const now = this.#monotonic();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000);
  }
}
