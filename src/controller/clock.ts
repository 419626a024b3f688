import type { Instant } from "../core/index.ts";
import { systemTimers, type Timer, type Timers } from "../shared/async.ts";

/** What the controller takes time from; tests and simulations hand in their own. */
export interface Clock extends Timers {
  /** Milliseconds that only ever go forward: for pacing, time-outs and intervals. */
  monotonic(): number;
  /** The time of day, which an administrator or NTP may step: only for what is stored or shown. */
  wall(): Instant;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  ...systemTimers,
  monotonic: () => performance.now(),
  wall: () => Date.now(),
};

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

/** Something that ends when it has lasted too long. */
export interface Limited {
  expire(): void;
}

/** Tens of thousands of waits share a few timers: one for all that end within this time. */
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
