/** Lets a bounded number in at a time, first come, first served. */
export class Gate {
  readonly #capacity: number;
  readonly #queue: (() => void)[] = [];
  #head = 0;
  #inside = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Resolves once inside. Whoever came in must call `leave`, exactly once. */
  enter(): Promise<void> {
    if (this.#inside < this.#capacity) {
      this.#inside += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  leave(): void {
    const next = this.#queue[this.#head];
    if (next === undefined) {
      this.#inside -= 1;
      return;
    }
    this.#head += 1;
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
    }
    next();
  }

  get inside(): number {
    return this.#inside;
  }
}
