import type { Instant } from "../core/index.ts";
import { systemTimers, type Timers } from "../shared/async.ts";

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
