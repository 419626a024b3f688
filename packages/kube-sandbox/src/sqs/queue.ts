import { randomUUID } from "node:crypto";
import {
  DueList,
  FifoShelf,
  type Message,
  type MessageAttributes,
  type QueueClock,
  type Shelf,
  StandardShelf,
  sizeOf,
} from "./message.ts";
import type { QueueAttributes } from "./queue-attributes.ts";
import { SqsError } from "./sqs-error.ts";

/** SQS's limit on messages in flight at once. */
const MAX_IN_FLIGHT = 120_000;

interface NewMessage {
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly delaySeconds?: number | undefined;
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
}

export interface QueueWorld {
  readonly clock: QueueClock;
  readonly queueByArn: (arn: string) => Queue | undefined;
  /** Bytes of all messages together. */
  readonly storage: { used: number; readonly max: number };
}

/** One queue: its messages, and their states as time passes. */
export class Queue {
  readonly arn: string;
  readonly attributes: QueueAttributes;
  readonly createdAt: number;
  modifiedAt: number;
  readonly #world: QueueWorld;
  readonly #messages = new Map<string, Message>();
  readonly #shelf: Shelf;
  readonly #due = new DueList();
  readonly #deduplication = new Deduplication();
  readonly #counts = { ready: 0, delayed: 0, inFlight: 0 };
  #sequence = 0;
  /** Called whenever a message may have become receivable. */
  onReady: () => void = () => undefined;

  constructor(arn: string, attributes: QueueAttributes, world: QueueWorld) {
    this.arn = arn;
    this.attributes = attributes;
    this.#world = world;
    this.createdAt = this.modifiedAt = world.clock.now();
    this.#shelf = this.isFifo ? new FifoShelf() : new StandardShelf();
  }

  get isFifo(): boolean {
    return this.attributes.is("FifoQueue");
  }

  /** The number of messages in each state now. Timeouts end without a receive. */
  counts(): Readonly<{ ready: number; delayed: number; inFlight: number }> {
    this.#settle();
    return this.#counts;
  }

  /** When time will next change a state; undefined if never. */
  nextDueAt(): number | undefined {
    return this.#due.nextAt;
  }

  /** Stores a message unless the deduplication interval holds the same one. */
  send(message: NewMessage, senderId: string): { readonly id: string; readonly sequence: number } {
    const now = this.#world.clock.now();
    const { deduplicationId } = message;
    const before = deduplicationId === undefined ? undefined : this.#deduplication.find(deduplicationId, now);
    if (before !== undefined) return before;
    const delay = message.delaySeconds ?? this.attributes.number("DelaySeconds");
    const kept: Message = {
      ...message,
      id: randomUUID(),
      senderId,
      sentAt: now,
      sequence: ++this.#sequence,
      state: delay > 0 ? "delayed" : "ready",
      dueAt: now + delay * 1000,
      receives: 0,
    };
    if (deduplicationId !== undefined) this.#deduplication.remember(deduplicationId, kept, now);
    this.#keep(kept);
    return kept;
  }

  /** Receives messages that are ready; a visibility of 0 leaves them ready and raises their receive counts. */
  receive(max: number, visibilitySeconds = this.attributes.number("VisibilityTimeout")): Message[] {
    this.#settle();
    if (this.#counts.inFlight >= MAX_IN_FLIGHT)
      throw new SqsError("OverLimit", `Too many messages in flight: the limit is ${MAX_IN_FLIGHT}.`);
    this.#giveUpPoison(max);
    const received = this.#shelf.peek(max);
    for (const message of received) this.#handOut(message, visibilitySeconds);
    return received;
  }

  /** Deletes by receipt. An outdated receipt deletes nothing, as in SQS, and an unknown message is already deleted. */
  delete(messageId: string, receipt: string): void {
    const message = this.#current(messageId, receipt);
    if (message !== undefined) this.#drop(message);
  }

  changeVisibility(messageId: string, receipt: string, seconds: number): void {
    const message = this.#current(messageId, receipt);
    if (message?.state !== "inFlight")
      throw new SqsError("MessageNotInflight", "The message referred to is not in flight.");
    if (seconds > 0) this.#schedule(message, seconds);
    else this.#makeReady(message);
  }

  purge(): void {
    for (const message of [...this.#messages.values()]) this.#drop(message);
    this.#due.clear();
  }

  #current(messageId: string, receipt: string): Message | undefined {
    this.#settle();
    const message = this.#messages.get(messageId);
    return message?.receipt === receipt ? message : undefined;
  }

  #keep(message: Message): void {
    const { storage } = this.#world;
    const size = sizeOf(message.body, message.attributes);
    if (storage.used + size > storage.max)
      throw new SqsError("OverLimit", `This server keeps at most ${storage.max} bytes of messages.`);
    storage.used += size;
    this.#messages.set(message.id, message);
    this.#counts[message.state === "delayed" ? "delayed" : "ready"] += 1;
    this.#shelf.enter(message);
    if (message.state === "delayed") this.#due.add(message);
    this.onReady();
  }

  #handOut(message: Message, visibilitySeconds: number): void {
    message.receives += 1;
    message.firstReceivedAt ??= this.#world.clock.now();
    message.receipt = randomUUID();
    if (visibilitySeconds === 0) return;
    this.#shelf.take(message);
    this.#counts.ready -= 1;
    this.#counts.inFlight += 1;
    message.state = "inFlight";
    this.#schedule(message, visibilitySeconds);
  }

  /** Moves messages with too many receives to the dead-letter queue, so that a receive never returns them. */
  #giveUpPoison(max: number): void {
    const policy = this.attributes.redrivePolicy;
    const target = policy && this.#world.queueByArn(policy.deadLetterTargetArn);
    if (policy === undefined || target === undefined || target === this) return;
    for (;;) {
      const poison = this.#shelf.peek(max).filter(({ receives }) => receives >= policy.maxReceiveCount);
      if (poison.length === 0) return;
      for (const message of poison) {
        this.#drop(message);
        target.#keep({
          ...message,
          deadLetterSource: this.arn,
          state: "ready",
          receives: 0,
          sequence: ++target.#sequence,
        });
      }
    }
  }

  #schedule(message: Message, seconds: number): void {
    message.dueAt = this.#world.clock.now() + seconds * 1000;
    this.#due.add(message);
  }

  #makeReady(message: Message): void {
    this.#shelf.giveBack(message);
    this.#counts[message.state === "delayed" ? "delayed" : "inFlight"] -= 1;
    this.#counts.ready += 1;
    message.state = "ready";
    this.onReady();
  }

  #drop(message: Message): void {
    if (message.state === "gone") return;
    this.#shelf.leave(message);
    this.#counts[message.state] -= 1;
    message.state = "gone";
    this.#messages.delete(message.id);
    this.#world.storage.used -= sizeOf(message.body, message.attributes);
    this.#due.forgetGone(2 * this.#messages.size + 1000);
  }

  /** Ends timeouts and delays that are due, and expires old messages. */
  #settle(): void {
    const now = this.#world.clock.now();
    for (let due = this.#due.takeDue(now); due !== undefined; due = this.#due.takeDue(now)) {
      const { message, at } = due;
      const isCurrent = message.dueAt === at && (message.state === "inFlight" || message.state === "delayed");
      if (isCurrent) this.#makeReady(message);
    }
    const oldest = now - this.attributes.number("MessageRetentionPeriod") * 1000;
    for (const message of this.#messages.values()) {
      if (message.sentAt >= oldest) break;
      this.#drop(message);
    }
  }
}

/** SQS remembers a deduplication id for five minutes. */
const REMEMBERED_MS = 300_000;
const MAX_IDS = 200_000;

interface SentBefore {
  readonly id: string;
  readonly sequence: number;
}

/** The recently sent messages of a FIFO queue, by deduplication id. */
class Deduplication {
  readonly #sent = new Map<string, SentBefore & { readonly at: number }>();

  find(deduplicationId: string, now: number): SentBefore | undefined {
    for (const [id, { at }] of this.#sent) {
      if (now - at < REMEMBERED_MS) break;
      this.#sent.delete(id);
    }
    return this.#sent.get(deduplicationId);
  }

  remember(deduplicationId: string, sent: SentBefore, now: number): void {
    this.#sent.set(deduplicationId, { id: sent.id, sequence: sent.sequence, at: now });
    if (this.#sent.size > MAX_IDS) this.#sent.delete(this.#sent.keys().next().value ?? "");
  }
}
