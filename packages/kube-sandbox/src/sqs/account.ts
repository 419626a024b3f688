import { LongPolls } from "./long-polls.ts";
import { MetricStore } from "./metric-store.ts";
import { Queue, type QueueWorld } from "./queue.ts";
import { QueueAttributes } from "./queue-attributes.ts";
import type { QueueClock } from "./queue-clock.ts";
import { invalidParameter, SqsError } from "./sqs-error.ts";

/** More than one machine needs. */
const MAX_QUEUES = 20_000;

/** A queue and the receives that wait for its messages. */
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
    if (!/^[\w-]{1,75}(\.fifo)?$/.test(name))
      throw invalidParameter(
        "QueueName",
        name,
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.",
      );
    const known = this.#queues.get(name);
    if (known !== undefined) {
      if (known.queue.attributes.agreesWith(values)) return known;
      throw new SqsError(
        "QueueNameExists",
        "A queue already exists with the same name and a different value for attributes.",
      );
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

  /** Ends every waiting receive. */
  close(): void {
    for (const { polls } of this.#queues.values()) polls.close(new SqsError("ServiceUnavailable", "The server stops."));
  }
}

function noSuchQueue(): SqsError {
  return new SqsError("QueueDoesNotExist", "The specified queue does not exist.");
}
