import * as z from "zod";
import type { Message, QueueClock } from "./message.ts";
import { MetricStore } from "./metric-store.ts";
import { Queue, type QueueWorld } from "./queue.ts";
import { QueueAttributes } from "./queue-attributes.ts";
import { invalidParameter, SqsError } from "./sqs-error.ts";

/** More than one machine needs. */
const MAX_QUEUES = 20_000;

export interface OpenQueue {
  readonly name: string;
  readonly queue: Queue;
  readonly polls: LongPolls;
}

/** All queues and metrics of the embedded server. */
export class Account {
  readonly clock: QueueClock;
  readonly metrics: MetricStore;
  readonly id: string;
  readonly region: string;
  readonly #world: QueueWorld;
  readonly #queues = new Map<string, OpenQueue>();

  constructor(options: { clock: QueueClock; id: string; region: string; maxStoredBytes: number }) {
    this.clock = options.clock;
    this.id = options.id;
    this.region = options.region;
    this.metrics = new MetricStore(options.clock);
    this.#world = {
      clock: options.clock,
      queueByArn: (arn) => this.#queues.get(arn.split(":").at(-1) ?? "")?.queue,
      storage: { used: 0, max: options.maxStoredBytes },
    };
  }

  /** Creates a queue. A queue with the same name must have the same attributes. */
  create(name: string, values: Readonly<Record<string, string>>): OpenQueue {
    if (!/^[\w-]{1,75}(\.fifo)?$/.test(name)) {
      const reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.";
      throw invalidParameter("QueueName", name, reason);
    }
    const known = this.#queues.get(name);
    if (known !== undefined) {
      if (known.queue.attributes.agreesWith(values)) return known;
      const message = "A queue already exists with the same name and a different value for attributes.";
      throw new SqsError("QueueNameExists", message);
    }
    if (this.#queues.size >= MAX_QUEUES)
      throw new SqsError("OverLimit", `This server keeps at most ${MAX_QUEUES} queues.`);
    const arn = `arn:aws:sqs:${this.region}:${this.id}:${name}`;
    const queue = new Queue(arn, new QueueAttributes(name, values), this.#world);
    const opened = { name, queue, polls: new LongPolls(queue, this.clock) };
    this.#queues.set(name, opened);
    this.metrics.openQueue(name, () => queue.counts());
    return opened;
  }

  delete(name: string): void {
    const { queue, polls } = this.named(name);
    this.#queues.delete(name);
    this.metrics.closeQueue(name);
    queue.purge();
    polls.close(noSuchQueue());
  }

  named(name: string): OpenQueue {
    const found = this.#queues.get(name);
    if (found === undefined) throw noSuchQueue();
    return found;
  }

  /** Finds a queue by the last part of any URL, so that manifests with real URLs work. */
  at(queueUrl: string): OpenQueue {
    const name = queueUrl.split("/").at(-1) ?? "";
    this.metrics.sample(name);
    return this.named(name);
  }

  names(prefix = ""): string[] {
    return [...this.#queues.keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  close(): void {
    for (const { polls } of this.#queues.values()) polls.close(new SqsError("ServiceUnavailable", "The server stops."));
  }
}

function noSuchQueue(): SqsError {
  return new SqsError("QueueDoesNotExist", "The specified queue does not exist.");
}

interface Poll {
  readonly max: number;
  readonly visibilitySeconds: number | undefined;
  finish(messages: Message[]): void;
  fail(error: unknown): void;
}

/** The receives that wait for messages of one queue, served in order of arrival. */
class LongPolls {
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
      const settle = (act: () => void) => {
        this.#waiting.delete(poll);
        cancel();
        signal.removeEventListener("abort", leave);
        if (this.#waiting.size === 0) this.#cancelWake();
        act();
      };
      const leave = () => poll.finish([]);
      const poll: Poll = {
        max,
        visibilitySeconds,
        finish: (messages) => settle(() => resolve(messages)),
        fail: (error) => settle(() => reject(error)),
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
    for (const poll of [...this.#waiting]) {
      try {
        const messages = this.#queue.receive(poll.max, poll.visibilitySeconds);
        if (messages.length === 0) break;
        poll.finish(messages);
      } catch (error) {
        poll.fail(error);
      }
    }
    this.#isServing = false;
    this.#wakeWhenDue();
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

/** What an operation uses besides its input. */
export interface OperationContext {
  readonly account: Account;
  /** The address of this server, for the URLs of queues. */
  readonly url: string;
  /** The access key that signed the request. */
  readonly senderId: string;
  /** Aborts when the caller disconnects. */
  readonly signal: AbortSignal;
}

/** One action of the protocol: validates its input and performs it. */
export type Operation = (input: unknown, context: OperationContext) => unknown;

/** Declares an operation by the shape of its input. */
export function operation<Shape extends z.ZodObject>(
  shape: Shape,
  run: (input: z.output<Shape>, context: OperationContext) => unknown,
): Operation {
  return (input, context) => {
    const parsed = shape.safeParse(input);
    if (!parsed.success) throw asSqsError(parsed.error, input);
    return run(parsed.data, context);
  };
}

/** A whole number within limits, which an error names. */
export function wholeNumber(min: number, max: number): z.ZodNumber {
  const reason = `Must be >= ${min} and <= ${max}, if provided.`;
  return z.number().int(reason).min(min, reason).max(max, reason);
}

function asSqsError(error: z.ZodError, input: unknown): SqsError {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).map(String);
  const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], input);
  const name = path.join(".");
  if (issue?.code !== "invalid_type") return invalidParameter(name, value, issue?.message ?? "");
  return value === undefined && name !== ""
    ? new SqsError("MissingParameter", `The request must contain the parameter ${name}.`)
    : new SqsError("SerializationException", `Expected ${issue.expected} at ${name === "" ? "the top" : name}.`);
}
