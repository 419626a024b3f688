import type { Autoscaler } from "../../core/index.ts";

/** Adds up for how long a signal's value is above its band, below it, and unknown. */
export class TimeInBand {
  readonly signal: string;
  readonly #low: number;
  readonly #high: number;
  readonly #spent = { above: 0, below: 0, unknown: 0, total: 0 };
  #value: number | undefined;

  private constructor(signal: string, { low, high }: { readonly low: number; readonly high: number }) {
    this.signal = signal;
    this.#low = low;
    this.#high = high;
  }

  /** Of the first signal that has a band; undefined where none has one. */
  static of({ signals }: Autoscaler): TimeInBand | undefined {
    for (const { name, rule } of signals) if (rule.kind === "band") return new TimeInBand(name, rule);
    return undefined;
  }

  /** The value from now on. */
  note(value: number | undefined): void {
    this.#value = value;
  }

  pass(from: number, to: number): void {
    const elapsed = to - from;
    this.#spent.total += elapsed;
    if (this.#value === undefined) this.#spent.unknown += elapsed;
    else if (this.#value > this.#high) this.#spent.above += elapsed;
    else if (this.#value < this.#low) this.#spent.below += elapsed;
  }

  get shares(): { readonly above: number; readonly below: number; readonly unknown: number } {
    const { above, below, unknown, total } = this.#spent;
    const all = Math.max(1, total);
    return { above: above / all, below: below / all, unknown: unknown / all };
  }
}
