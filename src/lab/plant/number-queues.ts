/** A queue of messages, each with its arrival and service time, in a ring of numbers. */
export class MessageQueue {
  #arrivals = new Float64Array(1024);
  #services = new Float64Array(1024);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Infinity while the queue is empty. */
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

  /** Returns a message to the front. */
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

/** A heap of items by time, without an object for each. */
export class TimeHeap {
  #times = new Float64Array(64);
  #items = new Int32Array(64);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Infinity while the heap is empty. */
  get firstAt(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number);
  }

  add(time: number, item: number): void {
    if (this.#size === this.#times.length) this.#grow();
    const times = this.#times;
    const items = this.#items;
    let index = this.#size;
    this.#size += 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = times[parent] as number;
      if (above <= time) break;
      times[index] = above;
      items[index] = items[parent] as number;
      index = parent;
    }
    times[index] = time;
    items[index] = item;
  }

  /** Removes the earliest item. The heap must not be empty. */
  take(): number {
    const times = this.#times;
    const items = this.#items;
    const first = items[0] as number;
    this.#size -= 1;
    const time = times[this.#size] as number;
    const item = items[this.#size] as number;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && (times[child + 1] as number) < (times[child] as number)) child += 1;
      if ((times[child] as number) >= time) break;
      times[index] = times[child] as number;
      items[index] = items[child] as number;
      index = child;
    }
    times[index] = time;
    items[index] = item;
    return first;
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    times.set(this.#times);
    this.#times = times;
    const items = new Int32Array(this.#items.length * 2);
    items.set(this.#items);
    this.#items = items;
  }
}

/** Copies a ring into one of twice the size that begins at its first number, which was at `head`. */
export function unrolled(ring: Float64Array, head: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(ring.length * 2);
  grown.set(ring.subarray(head));
  grown.set(ring.subarray(0, head), ring.length - head);
  return grown;
}
