import type { Plant } from "../plant/plant.ts";

/** How the plant was at one moment, in whole messages, as somebody who counts them sees it. */
export interface Sight {
  /** Milliseconds from the start. */
  readonly at: number;
  readonly waiting: number;
  readonly inFlight: number;
  readonly oldestSeconds: number;
  readonly ready: number;
  readonly busy: number;
  /** Since the start. */
  readonly arrived: number;
  readonly taken: number;
  readonly served: number;
}

/** A fraction that arithmetic left over is no message. */
const NOTHING = 1e-3;

/** Looks at the plant as it is now. */
export function sightOf(plant: Plant): Sight {
  return {
    at: plant.now,
    waiting: Math.ceil(plant.waiting - NOTHING),
    inFlight: Math.ceil(plant.inFlight - NOTHING),
    oldestSeconds: Number.isFinite(plant.oldestArrival) ? (plant.now - plant.oldestArrival) / 1000 : 0,
    ready: plant.ready,
    busy: Math.ceil(plant.busy - NOTHING),
    arrived: plant.ledger.arrived,
    taken: plant.taken,
    served: plant.ledger.served,
  };
}

/** The sights of the last minutes, for what is late or a mean of them. */
export class Sightings {
  readonly #keptMs: number;
  #sights: Sight[] = [];
  #from = 0;

  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  add(sight: Sight): void {
    this.#sights.push(sight);
    // One that is older than all that is asked for has to stay: it is the newest before that.
    while ((this.#sights[this.#from + 1]?.at ?? Number.POSITIVE_INFINITY) < sight.at - this.#keptMs) this.#from += 1;
    if (this.#from < 64 || this.#from * 2 < this.#sights.length) return;
    this.#sights = this.#sights.slice(this.#from);
    this.#from = 0;
  }

  /** The newest one of that moment or before it, else the oldest. */
  asOf(moment: number): Sight | undefined {
    return this.#sights[this.#indexAsOf(moment)];
  }

  /** A count that only grows as it was at that moment: between two sights as if it had grown evenly. */
  countAt(count: "arrived" | "taken" | "served", moment: number): number {
    const index = this.#indexAsOf(moment);
    const [one, next] = [this.#sights[index], this.#sights[index + 1]];
    if (one === undefined) return 0;
    if (next === undefined || moment <= one.at) return one[count];
    return one[count] + ((next[count] - one[count]) * (moment - one.at)) / (next.at - one.at);
  }

  #indexAsOf(moment: number): number {
    let high = this.#sights.length - 1;
    // Nearly always the newest one is asked for.
    if ((this.#sights[high]?.at ?? 0) <= moment) return high;
    let low = this.#from;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#sights[middle] as Sight).at <= moment) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** How much a count that only grows grew in a minute, over so long a time that ended so long ago. */
  perMinute(count: "arrived" | "taken", now: number, { windowSeconds, delaySeconds }: Window): number {
    const end = this.asOf(now - delaySeconds * 1000);
    const begin = this.asOf(now - (delaySeconds + windowSeconds) * 1000);
    if (begin === undefined || end === undefined || end.at <= begin.at) return 0;
    return ((end[count] - begin[count]) * 60_000) / (end.at - begin.at);
  }
}

/** A stretch of the past: so long, and ended so long ago. */
export interface Window {
  readonly windowSeconds: number;
  readonly delaySeconds: number;
}
