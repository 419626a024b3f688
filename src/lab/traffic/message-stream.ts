import { poisson } from "../chance/draws.ts";
import { power } from "../chance/power.ts";
import type { Random } from "../chance/random.ts";
import type { Traffic } from "./traffic.ts";

/** The messages of a traffic one after the other, with their moments and service times. */
export class MessageStream {
  /** When the next message arrives, in milliseconds; Infinity after the last one. */
  at = Number.POSITIVE_INFINITY;
  /** How long it will take. */
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

  /** On to the next message. */
  advance(): void {
    while (this.#left === 0) {
      if (!this.#enter(this.#entry + 1)) return;
    }
    // The earliest of so many moments that chance spreads evenly over what is left of the bin.
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

  /** Whole messages; what is left of a fraction goes to the next bin. */
  #whole(count: number): number {
    this.#owed += count;
    const whole = Math.floor(this.#owed + 1e-9);
    this.#owed -= whole;
    return whole;
  }
}
