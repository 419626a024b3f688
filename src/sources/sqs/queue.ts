import { performance } from "node:perf_hooks";
import type { Completions, Instant, Reading, ReadingFailure } from "../../core/index.ts";
import { settleWithin, withAnySignal } from "../../shared/async.ts";
import type { MetricAnswer, MetricQuestion } from "../shared/aws/cloudwatch-calls.ts";
import type { MetricBatch } from "../shared/aws/metric-batch.ts";
import type { Source } from "../shared/source.ts";
import { SourceError } from "../shared/source-error.ts";
import type { QueueAddress, QueueCounts, SqsConnection } from "./connection.ts";

/**
 * Each receive of ours counts against a message's maxReceiveCount. With 5 or more, one sighting takes at most a fifth
 * of a message's attempts; with fewer it could push one that a worker failed on a few times into the dead-letter queue.
 */
const SAFE_MAX_RECEIVE_COUNT = 5;
/** SQS's counts may lag behind a message that we held in our hands; for this long the message counts although they say 0. */
const SIGHTING_COUNTS_MS = 20_000;
/** A reading this soon after a sighting wakes workers: it waits for nothing else. */
const WAKING_MS = 2_000;
/** Where we may not receive, the queue is polled instead. Receiving is tried again after this long. */
const REFUSED_MS = 600_000;
/** How long any other reading may wait for the queue's history. */
const HISTORY_PATIENCE_MS = 1_000;

interface SqsQueueOptions {
  readonly queue: QueueAddress;
  readonly connection: SqsConnection;
  readonly history: QueueHistory;
  readonly now: () => number;
  readonly includeInFlight: boolean;
  readonly includeDelayed: boolean;
  readonly rate: boolean;
  readonly idleness: boolean;
  readonly completions: boolean;
  readonly mayReceive: boolean;
  readonly longPollSeconds: number;
  readonly timeoutSeconds: number;
  readonly release: () => Promise<void>;
}

export class SqsQueue implements Source {
  readonly #options: SqsQueueOptions;
  readonly #closed = new AbortController();
  #maxReceiveCount: number | undefined;
  /** When we last received a message that the counts have not shown since; monotonic milliseconds. */
  #sightedAt = Number.NEGATIVE_INFINITY;
  /** When a poll last saw a message, and when the last poll was. */
  #busyAt = Number.NEGATIVE_INFINITY;
  #polledAt = Number.NEGATIVE_INFINITY;
  /** Until then receiving is not worth a try; monotonic milliseconds. */
  #receivesFrom = Number.NEGATIVE_INFINITY;

  constructor(options: SqsQueueOptions) {
    this.#options = options;
  }

  read(signal: AbortSignal): Promise<Reading> {
    return withAnySignal([signal, this.#closed.signal], async (own) => {
      const { history, now } = this.#options;
      const at = now();
      history.prepare(this.#options);
      const counts = await this.#counts(own);
      const sinceSighting = performance.now() - this.#sightedAt;
      const isEmpty = counts.waiting + counts.inFlight === 0;
      if (!isEmpty) this.#sightedAt = Number.NEGATIVE_INFINITY;
      const waiting = isEmpty && sinceSighting < SIGHTING_COUNTS_MS ? 1 : counts.waiting;
      const { includeInFlight } = this.#options;
      const value = waiting + (includeInFlight ? counts.inFlight : 0) + (counts.delayed ?? 0);
      this.#polledAt = at;
      if (value > 0) this.#busyAt = at;
      const more = await this.#history(value, sinceSighting < WAKING_MS);
      return { at, value, waiting, inFlight: counts.inFlight, ...more };
    });
  }

  waitForWork(signal: AbortSignal): Promise<"maybe-work" | "unsupported"> {
    return withAnySignal([signal, this.#closed.signal], async (own) => {
      const { mayReceive } = this.#options;
      if (!mayReceive || performance.now() < this.#receivesFrom) return "unsupported";
      this.#maxReceiveCount ??= (await this.#counts(own)).maxReceiveCount ?? Number.POSITIVE_INFINITY;
      if (this.#maxReceiveCount < SAFE_MAX_RECEIVE_COUNT) return "unsupported";
      return this.#poll(own);
    });
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#options.release();
  }

  /** Long polls, one after the other, until one finds something. */
  async #poll(signal: AbortSignal): Promise<"maybe-work" | "unsupported"> {
    const { longPollSeconds, history } = this.#options;
    let hasComeEarly = false;
    for (;;) {
      const startedAt = performance.now();
      if (await this.#seesMessage(signal)) {
        this.#sightedAt = performance.now();
        return "maybe-work";
      }
      if (this.#hasNewCompletions()) {
        await history.awaitCompletions(HISTORY_PATIENCE_MS);
        return "maybe-work";
      }
      // A server that does not wait as asked would be asked without end.
      const isEarly = performance.now() - startedAt < (longPollSeconds * 1000) / 2;
      if (isEarly && hasComeEarly) return "unsupported";
      hasComeEarly = isEarly;
    }
  }

  /** Once after the last message of a while, so that a burst that was over before its completions came teaches too. */
  #hasNewCompletions(): boolean {
    if (!this.#options.completions) return false;
    const knownAt = this.#busyAt + COMPLETIONS_KNOWN_MS;
    return this.#polledAt < knownAt && this.#options.now() >= knownAt;
  }

  async #seesMessage(signal: AbortSignal): Promise<boolean> {
    const { connection, queue, longPollSeconds, timeoutSeconds } = this.#options;
    try {
      return await connection.seesMessage(queue, longPollSeconds, {
        seconds: longPollSeconds + timeoutSeconds,
        signal,
      });
    } catch (error) {
      if (isUnauthorized(error)) this.#receivesFrom = performance.now() + REFUSED_MS;
      throw error;
    }
  }

  async #counts(signal: AbortSignal): Promise<QueueCounts> {
    const { connection, queue, timeoutSeconds, includeDelayed } = this.#options;
    try {
      const counts = await connection.counts(queue, { seconds: timeoutSeconds, signal, delayed: includeDelayed });
      this.#maxReceiveCount = counts.maxReceiveCount ?? Number.POSITIVE_INFINITY;
      return counts;
    } catch (error) {
      // Then it is not receiving that is forbidden, but the credentials that fail: they may soon be others.
      if (isUnauthorized(error)) this.#receivesFrom = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }

  #history(value: number, isWaking: boolean): Promise<History> | History {
    const { history, rate, completions } = this.#options;
    const idleness = this.#options.idleness && value === 0;
    if (!rate && !idleness && !completions) return {};
    return history.read({ rate, idleness, completions, patienceMs: isWaking ? 0 : HISTORY_PATIENCE_MS });
  }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof SourceError && error.kind === "Unauthorized";
}

const MINUTE = 60_000;
/** While CloudWatch fails, the last rate is kept for this long: it is a mean of minutes that are old anyway. */
const RATE_KEPT_MS = 15 * MINUTE;
/** Whether workers are idle may send them all home: that is believed only while it is fresh. */
const IDLENESS_KEPT_MS = 2 * MINUTE;

/** So long after its last message a queue's completions are all known: five minutes, and the minute that it was in. */
const COMPLETIONS_KNOWN_MS = 6 * MINUTE;

/** What the past of a queue adds to its counts. */
type History = Pick<Reading, "arrivalsPerMinute" | "idleWorkers" | "completions" | "doubts">;

interface HistoryWish {
  readonly rate: boolean;
  readonly idleness: boolean;
  readonly completions: boolean;
  /** How long the reading may wait for CloudWatch. */
  readonly patienceMs: number;
}

/** The past of one queue, from CloudWatch's per-minute sums. */
export class QueueHistory {
  readonly #batch: MetricBatch;
  readonly #now: () => Instant;
  readonly #sent: MetricQuestion;
  readonly #received: MetricQuestion;
  readonly #deleted: MetricQuestion;

  constructor(queueName: string, batch: MetricBatch, now: () => Instant) {
    this.#batch = batch;
    this.#now = now;
    // WorkerPodAutoScaler's windows: five minutes that end five minutes ago, ten that end ten minutes ago.
    this.#sent = sumOf(queueName, "NumberOfMessagesSent", 5);
    this.#received = sumOf(queueName, "NumberOfMessagesReceived", 10);
    // The window of arrivals: then one call asks for both.
    this.#deleted = sumOf(queueName, "NumberOfMessagesDeleted", 5);
  }

  /** Asks early what `read` will need, so that it need not wait. */
  prepare({ rate, completions }: Pick<HistoryWish, "rate" | "completions">): void {
    if (rate) void this.#batch.refresh(this.#sent);
    if (completions) void this.#batch.refresh(this.#deleted);
  }

  /** Asks for the newest completions, so that the next poll has them. */
  async awaitCompletions(patienceMs: number): Promise<void> {
    await settleWithin(patienceMs, [this.#batch.refresh(this.#deleted)]);
  }

  /** Waits for CloudWatch only where nothing usable is known yet, and never for completions: they are late anyway. */
  async read({ rate, idleness, completions, patienceMs }: HistoryWish): Promise<History> {
    const wanted = [
      ...(rate ? [{ question: this.#sent, keptMs: RATE_KEPT_MS }] : []),
      ...(idleness ? [{ question: this.#received, keptMs: IDLENESS_KEPT_MS }] : []),
    ];
    const pending = wanted.flatMap(({ question, keptMs }) => {
      const refreshed = this.#batch.refresh(question);
      return this.#sums(question, keptMs) === undefined ? [refreshed] : [];
    });
    if (completions) void this.#batch.refresh(this.#deleted);
    if (pending.length > 0 && patienceMs > 0) await settleWithin(patienceMs, pending);
    const sent = rate ? this.#sums(this.#sent, RATE_KEPT_MS) : undefined;
    const received = idleness ? this.#sums(this.#received, IDLENESS_KEPT_MS) : undefined;
    const doubts = wanted.flatMap(({ question }) => this.#doubt(this.#batch.known(question), patienceMs));
    if (completions) doubts.push(...this.#doubt(this.#batch.known(this.#deleted), 0));
    return {
      ...(completions && { completions: this.#completions() }),
      ...(sent !== undefined && { arrivalsPerMinute: sent.length === 0 ? 0 : total(sent) / sent.length }),
      ...(received !== undefined && { idleWorkers: total(received) === 0 ? ("all" as const) : 0 }),
      ...(doubts.length > 0 && { doubts }),
    };
  }

  #completions(): readonly Completions[] {
    const { points = [] } = this.#batch.known(this.#deleted);
    return points.map(({ at, value }) => ({ from: at, until: at + MINUTE, messages: value }));
  }

  #sums(question: MetricQuestion, keptMs: number): readonly number[] | undefined {
    const { points, answeredAt } = this.#batch.known(question);
    if (points === undefined || answeredAt === undefined || this.#now() - answeredAt > keptMs) return undefined;
    return points.map(({ value }) => value);
  }

  #doubt({ failure, points }: MetricAnswer, patienceMs: number): ReadingFailure[] {
    if (failure !== undefined) return [{ kind: failure.kind, message: failure.message }];
    if (points !== undefined || patienceMs === 0) return [];
    return [{ kind: "TimedOut", message: `CloudWatch has not answered within ${patienceMs} ms yet` }];
  }
}

/** Per-minute sums over `minutes` minutes that end as long ago. */
function sumOf(queueName: string, metricName: string, minutes: number): MetricQuestion {
  return {
    series: { namespace: "AWS/SQS", metricName, dimensions: { QueueName: queueName }, stat: "Sum" },
    periodSeconds: 60,
    fromSecondsAgo: 2 * minutes * 60,
    untilSecondsAgo: minutes * 60,
  };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
