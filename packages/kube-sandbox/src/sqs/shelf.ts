import type { Message } from "./message.ts";

/** The line in which a queue's messages stand to be received. Told of each change before the message's state has it. */
export interface Shelf {
  /** A new message, ready or delayed. */
  enter(message: Message): void;
  /** The next receivable messages, at most `max`; they stay where they are. */
  peek(max: number): Message[];
  /** A ready message is now in flight. */
  take(message: Message): void;
  /** A message in flight, or delayed, may be received now. */
  giveBack(message: Message): void;
  /** A message will never be received again. */
  leave(message: Message): void;
}

/** A standard queue's line: roughly first come, first served, and no message waits for another. */
export class StandardShelf implements Shelf {
  /** In order of insertion, which a Set keeps. */
  readonly #line = new Set<Message>();

  enter(message: Message): void {
    if (message.state === "ready") this.#line.add(message);
  }

  peek(max: number): Message[] {
    const next: Message[] = [];
    for (const message of this.#line) {
      if (next.length >= max) break;
      next.push(message);
    }
    return next;
  }

  take(message: Message): void {
    this.#line.delete(message);
  }

  giveBack(message: Message): void {
    this.#line.add(message);
  }

  leave(message: Message): void {
    this.#line.delete(message);
  }
}
