/** Items in the order of their times, without an object for each: the earliest is at hand. */
export class TimeHeap {
  #times = new Float64Array(64);
  #items = new Int32Array(64);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Infinity where there is none. */
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

  /** Takes the earliest out. The heap must not be empty. */
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
