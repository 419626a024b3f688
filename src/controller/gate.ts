import type { Clock } from "./clock.ts";

/** Whoever stays longer is waiting for somebody, and must not keep others from their turn. */
const LONGEST_STAY_MILLISECONDS = 1_000;

/**
 * Lets a bounded number in at a time, first come, first served. What takes long stops counting after a second: servers
 * that hang cost the others a moment, not their turn.
 */
export class Gate {
  readonly #capacity: number;
  readonly #clock: Clock;
  readonly #queue: (() => void)[] = [];
  #head = 0;
  #inside = 0;

  constructor(capacity: number, clock: Clock) {
    this.#capacity = capacity;
    this.#clock = clock;
  }

  /** Does the work inside. */
  async pass(work: () => Promise<void>): Promise<void> {
    await this.#enter();
    let isCounted = true;
    const leave = () => {
      if (isCounted) this.#leave();
      isCounted = false;
    };
    const stay = this.#clock.after(LONGEST_STAY_MILLISECONDS, leave);
    try {
      await work();
    } finally {
      stay.cancel();
      leave();
    }
  }

  get inside(): number {
    return this.#inside;
  }

  #enter(): Promise<void> {
    if (this.#inside < this.#capacity) {
      this.#inside += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  #leave(): void {
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
}
