/** Things that fall due, earliest first. */
export class DueHeap<Item> {
  #entries: { readonly at: number; readonly item: Item }[] = [];

  get nextAt(): number | undefined {
    return this.#entries[0]?.at;
  }

  push(at: number, item: Item): void {
    const entries = this.#entries;
    let index = entries.push({ at, item }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#at(parent) <= at) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** Removes and returns the earliest item, if it is due at `now`. */
  takeDue(now: number): { readonly at: number; readonly item: Item } | undefined {
    const first = this.#entries[0];
    if (first === undefined || first.at > now) return undefined;
    const last = this.#entries.pop();
    if (last !== undefined && this.#entries.length > 0) {
      this.#entries[0] = last;
      this.#sink();
    }
    return first;
  }

  clear(): void {
    this.#entries = [];
  }

  /** Drops what `isObsolete`, once there are more than `limit` entries: memory stays bounded by what is alive. */
  forget(isObsolete: (item: Item) => boolean, limit: number): void {
    if (this.#entries.length <= limit) return;
    const entries = this.#entries;
    this.#entries = [];
    for (const { at, item } of entries) if (!isObsolete(item)) this.push(at, item);
  }

  #sink(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const smaller = this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (this.#at(smaller) >= this.#at(index)) return;
      this.#swap(index, smaller);
      index = smaller;
    }
  }

  #at(index: number): number {
    return this.#entries[index]?.at ?? Number.POSITIVE_INFINITY;
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#entries[one], this.#entries[other]];
    if (a === undefined || b === undefined) return;
    this.#entries[one] = b;
    this.#entries[other] = a;
  }
}
