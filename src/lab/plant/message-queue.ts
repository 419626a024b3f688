import { unrolled } from "./unrolled.ts";

/** Messages in their order, each with its arrival and its service time: a ring of numbers that grows as needed. */
export class MessageQueue {
  #arrivals = new Float64Array(1024);
  #services = new Float64Array(1024);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Arrival of the first one; Infinity where there is none. */
  get firstArrival(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#arrivals[this.#head] as number);
  }

  get firstService(): number {
    return this.#services[this.#head] as number;
  }

  add(arrival: number, serviceMs: number): void {
    if (this.#size === this.#arrivals.length) this.#grow();
    const index = (this.#head + this.#size) & (this.#arrivals.length - 1);
    this.#arrivals[index] = arrival;
    this.#services[index] = serviceMs;
    this.#size += 1;
  }

  /** Puts one that was taken back, before all others. */
  putBack(arrival: number, serviceMs: number): void {
    if (this.#size === this.#arrivals.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#arrivals.length - 1);
    this.#arrivals[this.#head] = arrival;
    this.#services[this.#head] = serviceMs;
    this.#size += 1;
  }

  drop(): void {
    this.#head = (this.#head + 1) & (this.#arrivals.length - 1);
    this.#size -= 1;
  }

  *arrivals(): Iterable<number> {
    for (let offset = 0; offset < this.#size; offset += 1) {
      yield this.#arrivals[(this.#head + offset) & (this.#arrivals.length - 1)] as number;
    }
  }

  #grow(): void {
    this.#arrivals = unrolled(this.#arrivals, this.#head);
    this.#services = unrolled(this.#services, this.#head);
    this.#head = 0;
  }
}
