import { unrolled } from "./plant/number-queues.ts";
import type { Plant } from "./plant/plant.ts";

/** How the plant was at one moment, counted in whole messages. */
export interface PlantSnapshot {
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

/** Where each number of a snapshot stands among its numbers. */
const PLACE = {
  at: 0,
  waiting: 1,
  inFlight: 2,
  oldestSeconds: 3,
  ready: 4,
  busy: 5,
  arrived: 6,
  taken: 7,
  served: 8,
} as const satisfies Readonly<Record<keyof PlantSnapshot, number>>;
const WIDTH = 9;
const FIRST_ROOM = 64;

/**
 * The snapshots of the last minutes, for readings that are late or a mean. They are numbers in one ring: as objects, which
 * live just long enough to be copied twice, they were a tenth of the time of a year's rehearsal.
 */
export class PlantSnapshots {
  readonly #keptMs: number;
  readonly #view = new View();
  #numbers = new Float64Array(FIRST_ROOM * WIDTH);
  /** Snapshots that there is room for: a power of two. */
  #room = FIRST_ROOM;
  #head = 0;
  #size = 0;

  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  /** Takes a snapshot of the plant as it is now. */
  add(plant: Plant): void {
    if (this.#size === this.#room) this.#grow();
    const { ledger, now, oldestArrival } = plant;
    const first = this.#placeOf(this.#size);
    const numbers = this.#numbers;
    numbers[first] = now;
    numbers[first + PLACE.waiting] = whole(plant.waiting);
    numbers[first + PLACE.inFlight] = whole(plant.inFlight);
    numbers[first + PLACE.oldestSeconds] = oldestArrival < now ? (now - oldestArrival) / 1000 : 0;
    numbers[first + PLACE.ready] = plant.ready;
    numbers[first + PLACE.busy] = whole(plant.busy);
    numbers[first + PLACE.arrived] = ledger.arrived;
    numbers[first + PLACE.taken] = plant.taken;
    numbers[first + PLACE.served] = ledger.served;
    this.#size += 1;
    // One that is older than all that is asked for has to stay: it is the newest before that.
    while (this.#size > 1 && this.#number(PLACE.at, 1) < now - this.#keptMs) {
      this.#head = (this.#head + 1) & (this.#room - 1);
      this.#size -= 1;
    }
  }

  /**
   * The newest one of that moment or before it, else the oldest; all zero where there is none. What is returned is
   * good until the next call.
   */
  asOf(moment: number): PlantSnapshot {
    this.#view.show(this.#numbers, this.#placeOf(this.#indexAsOf(moment)));
    return this.#view;
  }

  /** A count that only grows as it was at that moment: between two snapshots as if it had grown evenly. */
  countAt(count: "arrived" | "taken" | "served", moment: number): number {
    const index = this.#indexAsOf(moment);
    const [at, here] = [this.#number(PLACE.at, index), this.#number(PLACE[count], index)];
    if (index + 1 >= this.#size || moment <= at) return here;
    return (
      here + ((this.#number(PLACE[count], index + 1) - here) * (moment - at)) / (this.#number(PLACE.at, index + 1) - at)
    );
  }

  /** How much a count that only grows grew in a minute, over a stretch of the past. */
  perMinute(count: "arrived" | "taken", now: number, { windowSeconds, delaySeconds }: Window): number {
    const end = this.#indexAsOf(now - delaySeconds * 1000);
    const begin = this.#indexAsOf(now - (delaySeconds + windowSeconds) * 1000);
    const passed = this.#number(PLACE.at, end) - this.#number(PLACE.at, begin);
    return passed <= 0 ? 0 : ((this.#number(PLACE[count], end) - this.#number(PLACE[count], begin)) * 60_000) / passed;
  }

  #indexAsOf(moment: number): number {
    let high = Math.max(0, this.#size - 1);
    // Nearly always the newest one is asked for.
    if (this.#number(PLACE.at, high) <= moment) return high;
    let low = 0;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#number(PLACE.at, middle) <= moment) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #number(place: number, index: number): number {
    return this.#numbers[this.#placeOf(index) + place] as number;
  }

  #placeOf(index: number): number {
    return ((this.#head + index) & (this.#room - 1)) * WIDTH;
  }

  #grow(): void {
    this.#numbers = unrolled(this.#numbers, this.#head * WIDTH);
    this.#room *= 2;
    this.#head = 0;
  }
}

/** A stretch of the past: how long it is, and how long ago it ended. */
export interface Window {
  readonly windowSeconds: number;
  readonly delaySeconds: number;
}

/** Whole messages or workers, of what may be a fraction. */
function whole(amount: number): number {
  return Math.max(0, Math.ceil(amount - NOTHING));
}

/** A snapshot that is read where it stands. */
class View implements PlantSnapshot {
  #numbers = new Float64Array(WIDTH);
  #first = 0;

  show(numbers: Float64Array<ArrayBuffer>, first: number): void {
    this.#numbers = numbers;
    this.#first = first;
  }

  get at(): number {
    return this.#numbers[this.#first + PLACE.at] as number;
  }

  get waiting(): number {
    return this.#numbers[this.#first + PLACE.waiting] as number;
  }

  get inFlight(): number {
    return this.#numbers[this.#first + PLACE.inFlight] as number;
  }

  get oldestSeconds(): number {
    return this.#numbers[this.#first + PLACE.oldestSeconds] as number;
  }

  get ready(): number {
    return this.#numbers[this.#first + PLACE.ready] as number;
  }

  get busy(): number {
    return this.#numbers[this.#first + PLACE.busy] as number;
  }

  get arrived(): number {
    return this.#numbers[this.#first + PLACE.arrived] as number;
  }

  get taken(): number {
    return this.#numbers[this.#first + PLACE.taken] as number;
  }

  get served(): number {
    return this.#numbers[this.#first + PLACE.served] as number;
  }
}
