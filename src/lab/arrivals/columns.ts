/** Entries beyond so many are taken together by time: about 100 MB. */
const MOST_ENTRIES = 3_000_000;
const FIRST_GRAIN_MS = 1_000;

/** What arrived, in columns that grow; where there is too much of it, in coarser time, so that memory is bounded. */
export class ArrivalColumns {
  /** Entries are taken together by so much time; 0: not at all. */
  grainMs = 0;
  size = 0;
  readonly #most: number;
  #at = new Float64Array(1024);
  #counts = new Float64Array(1024);
  /** Mean service time of an entry's messages; NaN where no row states one. */
  #services = new Float64Array(1024);

  constructor(most = MOST_ENTRIES) {
    this.#most = most;
  }

  get lastAt(): number {
    return this.size === 0 ? Number.NEGATIVE_INFINITY : (this.#at[this.size - 1] as number);
  }

  /** Times must not go back. An entry of the same time, or grain of it, as the last one is added to that. */
  add(at: number, count: number, serviceMs: number, mayMerge: boolean): void {
    const from = this.grainMs === 0 ? at : Math.floor(at / this.grainMs) * this.grainMs;
    if ((mayMerge || this.grainMs > 0) && from <= this.lastAt) {
      this.#merge(this.size - 1, count, serviceMs);
      return;
    }
    if (this.size === this.#most) {
      this.#coarsen();
      this.add(at, count, serviceMs, mayMerge);
      return;
    }
    if (this.size === this.#at.length) this.#grow();
    this.#at[this.size] = from;
    this.#counts[this.size] = count;
    this.#services[this.size] = serviceMs;
    this.size += 1;
  }

  /** The columns as they are, with the time from `origin` on. */
  take(origin: number): { at: Float64Array; counts: Float64Array; serviceMs: Float64Array } {
    const at = this.#at.slice(0, this.size);
    for (let index = 0; index < at.length; index += 1) at[index] = (at[index] as number) - origin;
    return { at, counts: this.#counts.slice(0, this.size), serviceMs: this.#services.slice(0, this.size) };
  }

  #merge(index: number, count: number, serviceMs: number): void {
    const before = this.#counts[index] as number;
    const known = this.#services[index] as number;
    this.#counts[index] = before + count;
    if (Number.isNaN(serviceMs)) return;
    const total = before + count;
    this.#services[index] =
      Number.isNaN(known) || total === 0 ? serviceMs : (known * before + serviceMs * count) / total;
  }

  #coarsen(): void {
    this.grainMs = this.grainMs === 0 ? FIRST_GRAIN_MS : this.grainMs * 2;
    let kept = 0;
    for (let index = 0; index < this.size; index += 1) {
      const at = Math.floor((this.#at[index] as number) / this.grainMs) * this.grainMs;
      if (kept > 0 && this.#at[kept - 1] === at) {
        this.#merge(kept - 1, this.#counts[index] as number, this.#services[index] as number);
        continue;
      }
      this.#at[kept] = at;
      this.#counts[kept] = this.#counts[index] as number;
      this.#services[kept] = this.#services[index] as number;
      kept += 1;
    }
    this.size = kept;
  }

  #grow(): void {
    const length = Math.min(this.#most, this.#at.length * 2);
    this.#at = longer(this.#at, length);
    this.#counts = longer(this.#counts, length);
    this.#services = longer(this.#services, length);
  }
}

function longer(column: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(length);
  grown.set(column);
  return grown;
}
