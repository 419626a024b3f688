import type { Effect } from "./events.ts";
import type { Now } from "./poller-terms.ts";

/** When one autoscaler wants to be woken. The driver is asked only for what has changed. */
export class Alarm {
  readonly #id: string;
  readonly #emit: (effect: Effect) => void;
  #at = Number.POSITIVE_INFINITY;
  #askedAt = Number.POSITIVE_INFINITY;

  constructor(id: string, emit: (effect: Effect) => void) {
    this.#id = id;
    this.#emit = emit;
  }

  /** No wish stands any longer. */
  clear(): void {
    this.#at = Number.POSITIVE_INFINITY;
  }

  /** The driver has woken the autoscaler, and will not again. */
  rang(): void {
    this.clear();
    this.#askedAt = Number.POSITIVE_INFINITY;
  }

  /** Wake it after at most this many milliseconds; Infinity: no need. */
  wakeWithin(milliseconds: number, now: Now): void {
    this.wakeBy(now.monotonic + milliseconds, now);
  }

  /** The same at a moment, in monotonic milliseconds. */
  wakeBy(moment: number, now: Now): void {
    this.#at = Math.min(this.#at, Math.max(moment, now.monotonic + 1));
  }

  /** Asks the driver for the earliest of the wishes. */
  ask(): void {
    if (this.#at === this.#askedAt) return;
    this.#askedAt = this.#at;
    this.#emit({ type: "wake", id: this.#id, at: this.#at });
  }
}
