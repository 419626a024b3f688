/** Two scalings in opposite directions within this time undo each other: twice WPA's default cool-down. */
export const REVERSAL_WITHIN_MS = 20 * 60_000;

/** Counts scalings, and how often one undid the one before it. */
export class Scalings {
  up = 0;
  down = 0;
  reversals = 0;
  peak: number;
  #last: { readonly at: number; readonly sign: number } | undefined;

  constructor(initial: number) {
    this.peak = initial;
  }

  scaled(at: number, from: number, to: number): void {
    const sign = Math.sign(to - from);
    if (sign > 0) this.up += 1;
    else this.down += 1;
    if (this.#last !== undefined && this.#last.sign !== sign && at - this.#last.at <= REVERSAL_WITHIN_MS) {
      this.reversals += 1;
    }
    this.#last = { at, sign };
    this.peak = Math.max(this.peak, to);
  }
}
