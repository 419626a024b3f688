import { createHash } from "node:crypto";

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
  leave(message: Message): void;
}

/** The order of a standard queue: roughly the order of arrival; no message waits for another. */
export class StandardShelf implements Shelf {
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

/** The order of a FIFO queue: strict within a group; a group waits for its message in flight. */
export class FifoShelf implements Shelf {
  /** The remaining messages of each group in the order they were sent. */
  readonly #groups = new Map<string, { readonly messages: Message[]; inFlight: number }>();

  enter(message: Message): void {
    const group = this.#groups.get(message.groupId ?? "");
    if (group === undefined) this.#groups.set(message.groupId ?? "", { messages: [message], inFlight: 0 });
    else group.messages.push(message);
  }

  peek(max: number): Message[] {
    const next: Message[] = [];
    for (const { messages, inFlight } of this.#groups.values()) {
      if (inFlight > 0) continue;
      for (const message of messages) {
        if (next.length >= max) return next;
        if (message.state !== "ready") break;
        next.push(message);
      }
    }
    return next;
  }

  take({ groupId = "" }: Message): void {
    const group = this.#groups.get(groupId);
    if (group !== undefined) group.inFlight += 1;
  }

  giveBack({ groupId = "", state }: Message): void {
    const group = this.#groups.get(groupId);
    if (group !== undefined && state === "inFlight") group.inFlight -= 1;
  }

  leave(message: Message): void {
    const { groupId = "" } = message;
    this.giveBack(message);
    const messages = this.#groups.get(groupId)?.messages;
    messages?.splice(messages.indexOf(message), 1);
    if (messages?.length === 0) this.#groups.delete(groupId);
  }
}

interface Due {
  readonly at: number;
  readonly message: Message;
}

/** Messages by due time, earliest first. Most are due after those that are there already. */
export class DueList {
  #entries: Due[] = [];

  get nextAt(): number | undefined {
    return this.#entries[0]?.at;
  }

  add(message: Message): void {
    const at = message.dueAt;
    this.#entries.splice(this.#entries.findLastIndex((entry) => entry.at <= at) + 1, 0, { at, message });
  }

  /** Removes and returns the earliest, if it is due at `now`. */
  takeDue(now: number): Due | undefined {
    return (this.#entries[0]?.at ?? Number.POSITIVE_INFINITY) <= now ? this.#entries.shift() : undefined;
  }

  clear(): void {
    this.#entries = [];
  }

  /** Drops messages that are gone when there are more than `limit`, so that memory stays bounded. */
  forgetGone(limit: number): void {
    if (this.#entries.length > limit) this.#entries = this.#entries.filter(({ message }) => message.state !== "gone");
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

export const systemClock: QueueClock = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, Math.min(Math.max(milliseconds, 0), LONGEST_TIMER));
    return () => clearTimeout(timer);
  },
};
