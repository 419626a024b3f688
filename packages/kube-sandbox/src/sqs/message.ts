import { createHash } from "node:crypto";

/** A typed attribute that the sender attached. */
interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string | undefined;
  /** Base64. */
  readonly BinaryValue?: string | undefined;
}
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

/** One message, from its sending until it is deleted, expires or moves to another queue. */
export interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly senderId: string;
  readonly sentAt: number;
  /** Orders a FIFO queue. */
  readonly sequence: number;
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
  /** The ARN of the source queue of a message in a dead-letter queue. */
  readonly deadLetterSource?: string | undefined;
  state: "ready" | "delayed" | "inFlight" | "gone";
  /** When `state` ends: the end of the delay or of the visibility timeout. */
  dueAt: number;
  receives: number;
  firstReceivedAt?: number;
  /** The newest receipt handle. */
  receipt?: string;
}

/** Bytes that SQS counts: body, and names, types and values of the attributes. */
export function sizeOf(body: string, attributes: MessageAttributes): number {
  let size = Buffer.byteLength(body);
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(attributes)) {
    size += Buffer.byteLength(name) + Buffer.byteLength(DataType) + Buffer.byteLength(StringValue ?? "");
    size += Buffer.byteLength(BinaryValue ?? "", "base64");
  }
  return size;
}

/** Hexadecimal MD5, with which clients verify a body. */
export function md5(data: string | Buffer): string {
  return createHash("md5").update(data).digest("hex");
}

/** MD5 of the attributes in SQS's binary form: sorted by name, each part prefixed with its length. */
export function attributesMd5(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const parts: Buffer[] = [];
  const part = (data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    parts.push(length, data);
  };
  for (const name of names) {
    const attribute = attributes[name];
    if (attribute === undefined) continue;
    part(Buffer.from(name));
    part(Buffer.from(attribute.DataType));
    const isBinary = attribute.DataType.startsWith("Binary");
    parts.push(Buffer.from([isBinary ? 2 : 1]));
    part(isBinary ? Buffer.from(attribute.BinaryValue ?? "", "base64") : Buffer.from(attribute.StringValue ?? ""));
  }
  return md5(Buffer.concat(parts));
}

/** The order in which a queue's messages are received. The queue calls it before it changes a message's state. */
export interface Shelf {
  /** A new message, ready or delayed. */
  enter(message: Message): void;
  /** The next ready messages, at most `max`, without removing them. */
  peek(max: number): Message[];
  /** A ready message is now in flight. */
  take(message: Message): void;
  /** A message that was in flight or delayed is ready. */
  giveBack(message: Message): void;
  /** A message is gone. */
  leave(message: Message): void;
}

/** The order of a standard queue: roughly the order of arrival; no message waits for another. */
export class StandardShelf implements Shelf {
  /** In order of insertion. */
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

interface Group {
  /** All remaining messages in the order they were sent. */
  readonly messages: Message[];
  inFlight: number;
}

/** The order of a FIFO queue: strict within a group; a group waits for its message in flight. */
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

/** Items by due time, earliest first. */
export class DueHeap<Item> {
  #entries: { readonly at: number; readonly item: Item }[] = [];

  get nextAt(): number | undefined {
    return this.#entries[0]?.at;
  }

  push(at: number, item: Item): void {
    const entries = this.#entries;
    let index = entries.push({ at, item }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#at(parent) <= at) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** Removes and returns the earliest item, if it is due at `now`. */
  takeDue(now: number): { readonly at: number; readonly item: Item } | undefined {
    const first = this.#entries[0];
    if (first === undefined || first.at > now) return undefined;
    const last = this.#entries.pop();
    if (last !== undefined && this.#entries.length > 0) {
      this.#entries[0] = last;
      this.#sink();
    }
    return first;
  }

  clear(): void {
    this.#entries = [];
  }

  /** Drops obsolete entries when there are more than `limit`, so that memory stays bounded. */
  forget(isObsolete: (item: Item) => boolean, limit: number): void {
    if (this.#entries.length <= limit) return;
    const entries = this.#entries;
    this.#entries = [];
    for (const { at, item } of entries) if (!isObsolete(item)) this.push(at, item);
  }

  #sink(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const smaller = this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (this.#at(smaller) >= this.#at(index)) return;
      this.#swap(index, smaller);
      index = smaller;
    }
  }

  #at(index: number): number {
    return this.#entries[index]?.at ?? Number.POSITIVE_INFINITY;
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#entries[one], this.#entries[other]];
    if (a === undefined || b === undefined) return;
    this.#entries[one] = b;
    this.#entries[other] = a;
  }
}

/** The clock of queues: visibility, delays, retention and long polls follow it. */
export interface QueueClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once, `milliseconds` from now; the returned function cancels the call. */
  after(milliseconds: number, run: () => void): () => void;
}

/** setTimeout fires at once for anything longer than this. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: QueueClock = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, Math.min(Math.max(milliseconds, 0), LONGEST_TIMER));
    return () => clearTimeout(timer);
  },
};
