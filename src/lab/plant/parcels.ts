/** Waits of one parcel that differ by more than this factor are counted as several waits. */
const EVEN = 1.02;
const PARTS = 8;

/** Receives an amount whose waits are spread evenly from `from` to `to` milliseconds. */
type Waited = (from: number, to: number, amount: number) => void;

/** A queue of amounts of messages, each of which arrived evenly between two moments. First in, first out. */
export class Parcels {
  #parcels: { from: number; to: number; amount: number }[] = [];
  #head = 0;
  #amount = 0;

  get amount(): number {
    return this.#amount;
  }

  get firstArrival(): number {
    return this.#parcels[this.#head]?.from ?? Number.POSITIVE_INFINITY;
  }

  add(from: number, to: number, amount: number): void {
    if (amount <= 0) return;
    this.#parcels.push({ from, to, amount });
    this.#amount += amount;
  }

  /** Removes an amount, evenly between two moments. */
  take(amount: number, from: number, to: number, waited: Waited): void {
    let left = Math.min(amount, this.#amount);
    const total = left;
    while (left > 0) {
      const parcel = this.#parcels[this.#head];
      if (parcel === undefined) break;
      const taken = Math.min(left, parcel.amount);
      const begin = to - ((to - from) * left) / total;
      left -= taken;
      const end = to - ((to - from) * left) / total;
      const until = parcel.from + ((parcel.to - parcel.from) * taken) / parcel.amount;
      waited(Math.max(0, begin - parcel.from), Math.max(0, end - until), taken);
      parcel.from = until;
      parcel.amount -= taken;
      this.#amount -= taken;
      // The rest is a rounding error.
      if (parcel.amount <= 1e-9) this.#drop(parcel.amount);
    }
    if (this.#head === this.#parcels.length) this.#amount = 0;
  }

  /** Reports the waits of all that is left, as if removed now. */
  rest(now: number, waited: Waited): void {
    for (const { from, to, amount } of this.#parcels.slice(this.#head)) waited(now - from, now - to, amount);
  }

  #drop(rounding: number): void {
    this.#amount -= rounding;
    this.#head += 1;
    if (this.#head < 64 || this.#head * 2 < this.#parcels.length) return;
    this.#parcels = this.#parcels.slice(this.#head);
    this.#head = 0;
  }
}

/** Counts evenly spread waits as one, or as several if they differ much. */
export function spread(from: number, to: number, amount: number, count: (wait: number, amount: number) => void): void {
  const low = Math.min(from, to);
  const high = Math.max(from, to);
  if (high <= low * EVEN + 1) {
    count((low + high) / 2, amount);
    return;
  }
  for (let part = 0; part < PARTS; part += 1) {
    count(low + ((high - low) * (part + 0.5)) / PARTS, amount / PARTS);
  }
}
