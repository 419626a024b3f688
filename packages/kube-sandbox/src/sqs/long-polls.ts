import type { Message } from "./message.ts";
import type { Queue } from "./queue.ts";
import type { QueueClock } from "./queue-clock.ts";

interface Poll {
  readonly max: number;
  readonly visibilitySeconds: number | undefined;
  finish(messages: Message[]): void;
  fail(error: unknown): void;
}

/** The receives that wait for messages of one queue, served in order of arrival. */
export class LongPolls {
  readonly #queue: Queue;
  readonly #clock: QueueClock;
  readonly #waiting = new Set<Poll>();
  #isServing = false;
  #cancelWake: () => void = () => undefined;

  constructor(queue: Queue, clock: QueueClock) {
    this.#queue = queue;
    this.#clock = clock;
    queue.onReady = () => this.#serve();
  }

  /** The number of waiting receives. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Receives now, or when a message is ready; empty after `seconds` or when `signal` aborts (the caller disconnected). */
  receive(
    request: { readonly max: number; readonly visibilitySeconds: number | undefined; readonly seconds: number },
    signal: AbortSignal,
  ): Promise<Message[]> {
    const { max, visibilitySeconds, seconds } = request;
    const now = this.#queue.receive(max, visibilitySeconds);
    if (now.length > 0 || seconds === 0 || signal.aborted) return Promise.resolve(now);
    return new Promise((resolve, reject) => {
      const leave = () => poll.finish([]);
      const settle = () => {
        this.#waiting.delete(poll);
        cancel();
        signal.removeEventListener("abort", leave);
        if (this.#waiting.size === 0) this.#cancelWake();
      };
      const poll: Poll = {
        max,
        visibilitySeconds,
        finish: (messages) => {
          settle();
          resolve(messages);
        },
        fail: (error) => {
          settle();
          reject(error);
        },
      };
      const cancel = this.#clock.after(seconds * 1000, leave);
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.add(poll);
      this.#wakeWhenDue();
    });
  }

  /** Ends every wait with an error: the queue is gone. */
  close(error: Error): void {
    for (const poll of [...this.#waiting]) poll.fail(error);
  }

  #serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      for (const poll of [...this.#waiting]) if (!this.#serveOne(poll)) break;
    } finally {
      this.#isServing = false;
    }
    this.#wakeWhenDue();
  }

  /** Returns false if no message is ready. */
  #serveOne(poll: Poll): boolean {
    try {
      const messages = this.#queue.receive(poll.max, poll.visibilitySeconds);
      if (messages.length === 0) return false;
      poll.finish(messages);
    } catch (error) {
      poll.fail(error);
    }
    return true;
  }

  /** While a receive waits, the end of a visibility timeout or delay must serve it. */
  #wakeWhenDue(): void {
    this.#cancelWake();
    this.#cancelWake = () => undefined;
    const dueAt = this.#queue.nextDueAt();
    if (this.#waiting.size === 0 || dueAt === undefined) return;
    this.#cancelWake = this.#clock.after(dueAt - this.#clock.now(), () => this.#serve());
  }
}
