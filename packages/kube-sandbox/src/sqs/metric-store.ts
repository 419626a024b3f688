import type { QueueClock } from "./message.ts";

const MINUTE = 60_000;
const KEPT_MINUTES = 60;
const MAX_SERIES = 50_000;
const QUEUE_NAMESPACE = "AWS/SQS";
const COUNTERS = [
  "NumberOfMessagesSent",
  "NumberOfMessagesReceived",
  "NumberOfMessagesDeleted",
  "NumberOfEmptyReceives",
];
const VISIBLE = "ApproximateNumberOfMessagesVisible";

/** What names a series in CloudWatch. */
interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly { readonly Name: string; readonly Value: string }[];
}
export interface Minute {
  sum: number;
  count: number;
  min: number;
  max: number;
}
interface OpenQueue {
  readonly since: number;
  sampledAt: number;
  readonly counts: () => { readonly ready: number };
}

/** CloudWatch's series: per-minute values of the last hour. */
export class MetricStore {
  readonly #clock: QueueClock;
  readonly #series = new Map<string, Map<number, Minute>>();
  readonly #queues = new Map<string, OpenQueue>();

  constructor(clock: QueueClock) {
    this.#clock = clock;
  }

  /** Starts the queue's counters, which have a value in each minute, 0 if nothing happened, as in AWS/SQS. */
  openQueue(name: string, counts: () => { readonly ready: number }): void {
    const since = this.#minute();
    this.#queues.set(name, { since, sampledAt: since - 1, counts });
  }

  closeQueue(name: string): void {
    this.#queues.delete(name);
    for (const metric of [...COUNTERS, VISIBLE]) this.#series.delete(keyOf(queueMetric(name, metric)));
  }

  count(queueName: string, metric: string, by: number): void {
    this.sample(queueName);
    if (by > 0) this.add(queueMetric(queueName, metric), this.#clock.now(), by);
  }

  add(metric: MetricName, at: number, value: number): void {
    const key = keyOf(metric);
    const minutes = this.#series.get(key) ?? new Map<number, Minute>();
    if (!this.#series.has(key) && this.#series.size >= MAX_SERIES)
      this.#series.delete(this.#series.keys().next().value ?? "");
    this.#series.set(key, minutes);
    const minute = Math.floor(at / MINUTE);
    const known = minutes.get(minute);
    minutes.set(minute, mergeMinutes(known, { sum: value, count: 1, min: value, max: value }));
    if (known !== undefined) return;
    for (const old of minutes.keys()) if (old < this.#minute() - KEPT_MINUTES) minutes.delete(old);
  }

  /** One entry for each minute of [from, until) with values; undefined if there is no such series. */
  minutes(metric: MetricName, from: number, until: number): Map<number, Minute> | undefined {
    const queueName = metric.namespace === QUEUE_NAMESPACE ? metric.dimensions[0]?.Value : undefined;
    if (queueName !== undefined) this.sample(queueName);
    const known = this.#series.get(keyOf(metric));
    const queue = queueName !== undefined && COUNTERS.includes(metric.name) ? this.#queues.get(queueName) : undefined;
    if (known === undefined && queue === undefined) return undefined;
    const found = new Map<number, Minute>();
    const first = Math.max(Math.floor(from / MINUTE), this.#minute() - KEPT_MINUTES);
    for (let minute = first; minute * MINUTE < until && minute <= this.#minute(); minute++) {
      const values =
        known?.get(minute) ?? (queue && minute >= queue.since ? { sum: 0, count: 1, min: 0, max: 0 } : undefined);
      if (values !== undefined) found.set(minute * MINUTE, values);
    }
    return found;
  }

  /** Records the queue's length for each minute since the last sample. */
  sample(queueName: string): void {
    const queue = this.#queues.get(queueName);
    const now = this.#minute();
    if (queue === undefined || queue.sampledAt >= now) return;
    const first = Math.max(queue.sampledAt + 1, now - KEPT_MINUTES);
    queue.sampledAt = now;
    const { ready } = queue.counts();
    for (let minute = first; minute <= now; minute++) this.add(queueMetric(queueName, VISIBLE), minute * MINUTE, ready);
  }

  #minute(): number {
    return Math.floor(this.#clock.now() / MINUTE);
  }
}

function queueMetric(queueName: string, name: string): MetricName {
  return { namespace: QUEUE_NAMESPACE, name, dimensions: [{ Name: "QueueName", Value: queueName }] };
}

function keyOf({ namespace, name, dimensions }: MetricName): string {
  return JSON.stringify([namespace, name, dimensions.map(({ Name, Value }) => `${Name}=${Value}`).sort()]);
}

export function mergeMinutes(known: Minute | undefined, more: Minute): Minute {
  if (known === undefined) return more;
  return {
    sum: known.sum + more.sum,
    count: known.count + more.count,
    min: Math.min(known.min, more.min),
    max: Math.max(known.max, more.max),
  };
}
