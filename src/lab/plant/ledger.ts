import { power } from "../random.ts";

/** The counters of a run. Times in milliseconds; batch mode counts fractions of messages. */
export class Ledger {
  readonly waits = new WaitHistogram();
  readonly oracle: Oracle;
  readonly objectiveMs: number | undefined;
  arrived = 0;
  served = 0;
  /** Interrupted at the end of the grace, and returned to the queue. */
  returned = 0;
  overObjective = 0;
  /** Time during which the oldest waiting message was older than the objective. */
  overObjectiveMs = 0;
  busyStopped = 0;
  /** Message-milliseconds in the system, summed over time and over messages (Little's law). */
  presence = 0;
  sojourns = 0;
  startingMs = 0;
  readyMs = 0;
  busyMs = 0;
  stoppingMs = 0;
  readonly firstWorker = { count: 0, sumMs: 0, maxMs: 0 };

  constructor(concurrency: number, objectiveMs: number | undefined) {
    this.oracle = new Oracle(concurrency);
    this.objectiveMs = objectiveMs;
  }

  waited(milliseconds: number, weight = 1): void {
    this.waits.add(milliseconds, weight);
    if (this.objectiveMs !== undefined && milliseconds > this.objectiveMs) this.overObjective += weight;
  }

  /** A message that found no worker got the first one after this time. */
  foundFirstWorker(milliseconds: number): void {
    this.firstWorker.count += 1;
    this.firstWorker.sumMs += milliseconds;
    this.firstWorker.maxMs = Math.max(this.firstWorker.maxMs, milliseconds);
  }
}

/** The oracle plans for one minute at a time. */
const MINUTE = 60_000;

/**
 * The fewest worker-hours of a planner that knows all arrivals: in each minute as many workers as its work fills, rounded
 * up, started in time and at no cost. The baseline for a policy's worker-hours.
 */
class Oracle {
  readonly #concurrency: number;
  #minute = 0;
  #work = 0;
  #workerMinutes = 0;
  #peak = 0;

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  /** `work` milliseconds of work arrived at `at`. Times never go back. */
  arrived(at: number, work: number): void {
    const minute = Math.floor(at / MINUTE);
    if (minute !== this.#minute) this.#close(minute);
    this.#work += work;
  }

  get workerHours(): number {
    return (this.#workerMinutes + this.#need) / 60;
  }

  get peak(): number {
    return Math.max(this.#peak, this.#need);
  }

  get #need(): number {
    return Math.ceil(this.#work / (MINUTE * this.#concurrency) - 1e-9);
  }

  #close(next: number): void {
    this.#peak = this.peak;
    this.#workerMinutes += this.#need;
    this.#minute = next;
    this.#work = 0;
  }
}

/** Width of a bucket: a percentile is within 0.5 % of the exact one. */
const GROWTH = 1.01;
const LOG_GROWTH = Math.log(GROWTH);
/** Shorter waits count as none. */
const SMALLEST_MS = 1;
/** Over 300 years. */
const BUCKETS = 2_980;

/** A histogram of waits in bounded memory. Weights may be fractions of a message. */
export class WaitHistogram {
  /** Largest relative error of a percentile. */
  static readonly relativeError = (GROWTH - 1) / 2;
  readonly #weights = new Float64Array(BUCKETS);
  #none = 0;
  #total = 0;
  #sum = 0;
  #max = 0;

  get total(): number {
    return this.#total;
  }

  get mean(): number {
    return this.#total === 0 ? 0 : this.#sum / this.#total;
  }

  get max(): number {
    return this.#max;
  }

  add(milliseconds: number, weight = 1): void {
    this.#total += weight;
    this.#sum += milliseconds * weight;
    if (milliseconds > this.#max) this.#max = milliseconds;
    if (milliseconds < SMALLEST_MS) {
      this.#none += weight;
      return;
    }
    const bucket = Math.min(Math.floor(Math.log(milliseconds) / LOG_GROWTH), BUCKETS - 1);
    this.#weights[bucket] = (this.#weights[bucket] ?? 0) + weight;
  }

  /** The wait that this share of all messages did not exceed. */
  percentile(share: number): number {
    const rank = this.#total * share;
    let seen = this.#none;
    if (seen >= rank) return 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      seen += this.#weights[bucket] ?? 0;
      if (seen >= rank) return Math.min(this.#max, power(GROWTH, bucket + 0.5));
    }
    return this.#max;
  }
}
