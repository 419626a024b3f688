import { poisson, power, type Random } from "../random.ts";
import type { Traffic } from "./traffic.ts";

/** The messages of a traffic one by one. */
export class MessageStream {
  /** Arrival of the next message in milliseconds; Infinity after the last. */
  at = Number.POSITIVE_INFINITY;
  serviceMs = 0;
  readonly #traffic: Traffic;
  readonly #random: Random;
  readonly #service: () => number;
  #entry = -1;
  #left = 0;
  #begin = 0;
  #end = 0;
  #owed = 0;

  constructor(traffic: Traffic, random: Random, service: () => number) {
    this.#traffic = traffic;
    this.#random = random;
    this.#service = service;
    this.advance();
  }

  advance(): void {
    while (this.#left === 0) {
      if (!this.#enter(this.#entry + 1)) return;
    }
    // The minimum of the remaining uniform arrival times in the rest of the bin.
    const span = this.#end - this.#begin;
    if (span > 0) this.#begin += span * (1 - power(1 - this.#random.next(), 1 / this.#left));
    this.#left -= 1;
    this.at = this.#begin;
    const own = this.#traffic.serviceMs?.[this.#entry];
    this.serviceMs = own === undefined || Number.isNaN(own) ? this.#service() : own;
  }

  #enter(entry: number): boolean {
    const { at, kind, counts, spans, binMs } = this.#traffic;
    if (entry >= at.length) {
      this.at = Number.POSITIVE_INFINITY;
      return false;
    }
    this.#entry = entry;
    this.#begin = at[entry] ?? 0;
    this.#end = this.#begin + (spans?.[entry] ?? binMs);
    const count = counts?.[entry] ?? 1;
    this.#left = kind === "rates" && this.#end > this.#begin ? poisson(count, this.#random) : this.#whole(count);
    return true;
  }

  /** Whole messages; fractions carry over to the next bin. */
  #whole(count: number): number {
    this.#owed += count;
    const whole = Math.floor(this.#owed + 1e-9);
    this.#owed -= whole;
    return whole;
  }
}

/** Single messages are merged by the second. */
const SECOND = 1_000;

/** A traffic as a piecewise constant flow. Times in milliseconds. */
export class Flow {
  /** The end of the current stretch; Infinity after the last. */
  until = 0;
  /** Messages a millisecond. */
  rate = 0;
  readonly #traffic: Traffic;
  readonly #random: Random;
  #entry = 0;

  constructor(traffic: Traffic, random: Random) {
    this.#traffic = traffic;
    this.#random = random;
  }

  /** Moves to the next stretch. */
  advance(): void {
    const { at, binMs, spans } = this.#traffic;
    const begin = at[this.#entry];
    if (begin === undefined) {
      this.rate = 0;
      this.until = Number.POSITIVE_INFINITY;
      return;
    }
    if (begin > this.until) {
      this.rate = 0;
      this.until = begin;
      return;
    }
    const end = Math.max(this.until, begin) + (spans?.[this.#entry] || binMs || SECOND);
    let count = this.#take();
    // Moments and overlapping entries are spread over this stretch too.
    while ((at[this.#entry] ?? Number.POSITIVE_INFINITY) < end - (spans?.[this.#entry] || binMs || SECOND) / 2) {
      count += this.#take();
    }
    this.rate = count / (end - this.until);
    this.until = end;
  }

  #take(): number {
    const { kind, counts, spans } = this.#traffic;
    const count = counts?.[this.#entry] ?? 1;
    const isMoment = spans?.[this.#entry] === 0;
    this.#entry += 1;
    return kind === "rates" && !isMoment ? poisson(count, this.#random) : count;
  }
}

/** The mean service time in milliseconds, of the messages if they have their own, else of the workers. */
export function meanServiceMs({ serviceMs, counts }: Traffic, ofWorkers: number): number {
  if (serviceMs === undefined) return ofWorkers;
  let sum = 0;
  let messages = 0;
  serviceMs.forEach((own, index) => {
    const count = counts?.[index] ?? 1;
    messages += count;
    sum += count * (Number.isNaN(own) ? ofWorkers : own);
  });
  return messages === 0 ? ofWorkers : sum / messages;
}
