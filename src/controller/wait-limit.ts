import type { Timer } from "../shared/async.ts";
import type { Clock } from "./clock.ts";

/** Something that ends when it has lasted too long. */
export interface Limited {
  expire(): void;
}

/** Tens of thousands of waits share a few timers: one for all that end within so long. */
const GRAIN_MILLISECONDS = 10_000;

/** Ends waits that hold too long, each at its own time. */
export class WaitLimit {
  readonly #clock: Clock;
  readonly #byGrain = new Map<number, { readonly timer: Timer; readonly waits: Set<Limited> }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A wait begins that may hold until `end` (monotonic milliseconds). Returns the grain that `remove` needs. */
  add(wait: Limited, end: number): number {
    const now = this.#clock.monotonic();
    const grain = Math.floor(end / GRAIN_MILLISECONDS);
    const present = this.#byGrain.get(grain);
    if (present !== undefined) present.waits.add(wait);
    else {
      const timer = this.#clock.after(grain * GRAIN_MILLISECONDS - now, () => this.#expire(grain));
      this.#byGrain.set(grain, { timer, waits: new Set([wait]) });
    }
    return grain;
  }

  /** It ended by itself. */
  remove(wait: Limited, grain: number): void {
    const due = this.#byGrain.get(grain);
    due?.waits.delete(wait);
    if (due?.waits.size !== 0) return;
    due.timer.cancel();
    this.#byGrain.delete(grain);
  }

  #expire(grain: number): void {
    const due = this.#byGrain.get(grain);
    this.#byGrain.delete(grain);
    for (const wait of due?.waits ?? []) wait.expire();
  }
}
