/** How many keys are remembered; with more of them at a time, those that are full again are forgotten first. */
const MOST_KEYS = 10_000;

/** Lets each key do so much at once and then so much a second. A clock that does not go back counts. */
export class RequestBudget {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #now: () => number;
  /** When the key has its whole burst again, in milliseconds. */
  readonly #fullAt = new Map<string, number>();

  constructor(burst: number, perSecond: number, now: () => number = () => performance.now()) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Whether the key may do one more. */
  isLeft(key: string): boolean {
    return this.#owed(key) <= (this.#burst - 1) * this.#costMs;
  }

  /** Takes one, where one is left. */
  take(key: string): boolean {
    if (!this.isLeft(key)) return false;
    this.#makeRoom();
    this.#fullAt.set(key, this.#now() + this.#owed(key) + this.#costMs);
    return true;
  }

  get #costMs(): number {
    return 1000 / this.#perSecond;
  }

  #owed(key: string): number {
    return Math.max(0, (this.#fullAt.get(key) ?? 0) - this.#now());
  }

  #makeRoom(): void {
    if (this.#fullAt.size < MOST_KEYS) return;
    const now = this.#now();
    for (const [key, fullAt] of this.#fullAt) if (fullAt <= now) this.#fullAt.delete(key);
    for (const key of this.#fullAt.keys()) {
      if (this.#fullAt.size < MOST_KEYS) return;
      this.#fullAt.delete(key);
    }
  }
}
