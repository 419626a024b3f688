import type { Timer } from "../shared/async.ts";
import type { Clock } from "./clock.ts";

/** The one timer of one object. It may ring early, never late: whoever hears it sets it anew. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #set: { readonly due: number; readonly timer: Timer } | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings after at most so many milliseconds. Infinity: no need to ring. */
  within(milliseconds: number): void {
    if (!Number.isFinite(milliseconds)) return;
    const pause = Math.max(milliseconds, 1);
    const due = this.#clock.monotonic() + pause;
    if (this.#set !== undefined && this.#set.due <= due) return;
    this.cancel();
    const timer = this.#clock.after(pause, () => {
      this.#set = undefined;
      this.#ring();
    });
    this.#set = { due, timer };
  }

  cancel(): void {
    this.#set?.timer.cancel();
    this.#set = undefined;
  }
}
