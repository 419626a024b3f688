import type { Message } from "./message.ts";
import type { Shelf } from "./shelf.ts";

interface Group {
  /** All unfinished messages in the order they were sent. */
  readonly messages: Message[];
  inFlight: number;
}

/** A FIFO queue's line: strict order within a group, and a group with a message in flight waits for it. */
export class FifoShelf implements Shelf {
  readonly #groups = new Map<string, Group>();

  enter(message: Message): void {
    const group = this.#groups.get(keyOf(message));
    if (group === undefined) this.#groups.set(keyOf(message), { messages: [message], inFlight: 0 });
    else group.messages.push(message);
  }

  peek(max: number): Message[] {
    const next: Message[] = [];
    for (const group of this.#groups.values()) {
      if (group.inFlight > 0) continue;
      for (const message of group.messages) {
        if (next.length >= max) return next;
        if (message.state !== "ready") break;
        next.push(message);
      }
    }
    return next;
  }

  take(message: Message): void {
    const group = this.#groups.get(keyOf(message));
    if (group !== undefined) group.inFlight += 1;
  }

  giveBack(message: Message): void {
    const group = this.#groups.get(keyOf(message));
    if (group !== undefined && message.state === "inFlight") group.inFlight -= 1;
  }

  leave(message: Message): void {
    const group = this.#groups.get(keyOf(message));
    if (group === undefined) return;
    this.giveBack(message);
    group.messages.splice(group.messages.indexOf(message), 1);
    if (group.messages.length === 0) this.#groups.delete(keyOf(message));
  }
}

function keyOf(message: Message): string {
  return message.groupId ?? "";
}
