import type { Completions, Instant, Reading, ReadingFailure } from "../../core/index.ts";
import { settleWithin } from "../../shared/async.ts";
import type { MetricBatch } from "../shared/aws/metric-batch.ts";
import type { MetricAnswer, MetricQuestion } from "../shared/aws/metric-question.ts";

const MINUTE = 60_000;
/** While CloudWatch fails, the last rate is kept for this long: it is a mean of minutes that are old anyway. */
const RATE_KEPT_MS = 15 * MINUTE;
/** Whether workers are idle may send them all home: that is believed only while it is fresh. */
const IDLENESS_KEPT_MS = 2 * MINUTE;

/** So long after its last message a queue's completions are all known: five minutes, and the minute that it was in. */
export const COMPLETIONS_KNOWN_MS = 6 * MINUTE;

/** What the past of a queue tells beside its counts. */
export type History = Pick<Reading, "arrivalsPerMinute" | "idleWorkers" | "completions" | "doubts">;

/** What a queue's past is asked for. */
export interface HistoryWish {
  readonly rate: boolean;
  readonly idleness: boolean;
  readonly completions: boolean;
  /** How long the reading may wait for CloudWatch. */
  readonly patienceMs: number;
}

/** The past of one queue, as CloudWatch's per-minute sums tell it. */
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

  /** Asks early what `tell` will need, so that it need not wait. */
  prepare({ rate, completions }: Pick<HistoryWish, "rate" | "completions">): void {
    if (rate) void this.#batch.refresh(this.#sent);
    if (completions) void this.#batch.refresh(this.#deleted);
  }

  /** Asks for the newest completions, so that the next look has them. */
  async awaitCompletions(patienceMs: number): Promise<void> {
    await settleWithin(patienceMs, [this.#batch.refresh(this.#deleted)]);
  }

  /** Waits for CloudWatch only where nothing usable is known yet, and never for completions: they are late anyway. */
  async tell({ rate, idleness, completions, patienceMs }: HistoryWish): Promise<History> {
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
