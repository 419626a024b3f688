import type { Clock } from "./clock.ts";

/** Whoever stays longer is waiting for somebody, and must not keep others from their turn. */
const LONGEST_STAY_MILLISECONDS = 1_000;

/** Entries that a queue may keep after they have gone, so that forgetting them is rare. */
const MOST_GONE = 256;

/**
 * Lets a bounded number in at a time. Namespaces take turns; within one, the first to come is served first. So one with
 * thousands of reads delays another's by one read, not by all of them. What takes long stops counting after a second:
 * servers that hang cost the others a moment, not their turn.
 */
export class Gate {
  readonly #capacity: number;
  readonly #clock: Clock;
  /** Who waits, by namespace; the namespace whose turn is next comes first. */
  readonly #waiting = new Map<string, Queue>();
  #inside = 0;

  constructor(capacity: number, clock: Clock) {
    this.#capacity = capacity;
    this.#clock = clock;
  }

  /** Does the work inside. */
  async pass(namespace: string, work: () => Promise<void>): Promise<void> {
    await this.#enter(namespace);
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

  #enter(namespace: string): Promise<void> {
    if (this.#inside < this.#capacity) {
      this.#inside += 1;
      return Promise.resolve();
    }
    let queue = this.#waiting.get(namespace);
    if (queue === undefined) {
      queue = new Queue();
      this.#waiting.set(namespace, queue);
    }
    return new Promise((resolve) => queue.push(resolve));
  }

  #leave(): void {
    const [turn] = this.#waiting;
    if (turn === undefined) {
      this.#inside -= 1;
      return;
    }
    const [namespace, queue] = turn;
    const next = queue.shift();
    this.#waiting.delete(namespace);
    if (!queue.isEmpty) this.#waiting.set(namespace, queue);
    next?.();
  }
}

/** First in, first out, in constant time however many wait. */
class Queue {
  readonly #entries: (() => void)[] = [];
  #head = 0;

  get isEmpty(): boolean {
    return this.#head === this.#entries.length;
  }

  push(entry: () => void): void {
    this.#entries.push(entry);
  }

  shift(): (() => void) | undefined {
    const next = this.#entries[this.#head];
    this.#head += 1;
    if (this.#head >= MOST_GONE && this.#head * 2 >= this.#entries.length) {
      this.#entries.splice(0, this.#head);
      this.#head = 0;
    }
    return next;
  }
}
