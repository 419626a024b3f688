import type { Instant } from "../core/index.ts";
import type { Clock } from "./clock.ts";

/** NTP slews slowly (500 ppm is 1.8 s an hour); a difference of this much between two calls is a step. */
const STEP_MILLISECONDS = 5_000;

/** The time of day, watched against the monotonic clock, so that what was stored before a step can be moved with it. */
export class WallTime {
  readonly #clock: Clock;
  readonly #stepped: (milliseconds: number) => void;
  #offset: number;

  /** `stepped` runs before `now` returns a time that has stepped, with how far it went (negative: back). */
  constructor(clock: Clock, stepped: (milliseconds: number) => void) {
    this.#clock = clock;
    this.#stepped = stepped;
    this.#offset = clock.wall() - clock.monotonic();
  }

  now(): Instant {
    const wall = this.#clock.wall();
    const offset = wall - this.#clock.monotonic();
    const step = offset - this.#offset;
    this.#offset = offset;
    if (Math.abs(step) >= STEP_MILLISECONDS) this.#stepped(step);
    return wall;
  }
}
