import { power } from "../chance/power.ts";

/** Upper and lower end of a bucket differ by 1 %, so a percentile is within 0.5 % of the exact one. */
const GROWTH = 1.01;
const LOG_GROWTH = Math.log(GROWTH);
/** Waits below a millisecond count as none. */
const SMALLEST_MS = 1;
/** Over 300 years. */
const BUCKETS = 2_980;

/** How many messages waited how long, in bounded memory. Weights may be fractions of a message. */
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

  /** The wait that so large a share of all messages did not exceed. */
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
