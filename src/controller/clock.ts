import type { Instant } from "../core/index.ts";

/** What the controller takes time from; tests and simulations hand in their own. */
export interface Clock {
  /** Milliseconds that only ever go forward: for pacing, time-outs and intervals. */
  monotonic(): number;
  /** The time of day, which an administrator or NTP may step: only for what is stored or shown. */
  wall(): Instant;
  /** Runs `task` once, after so many monotonic milliseconds, unless cancelled. May run early for delays over 24 days. */
  after(milliseconds: number, task: () => void): Timer;
}

export interface Timer {
  /** Idempotent, and harmless after the task has run. */
  cancel(): void;
}

/** setTimeout fires at once beyond this. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** The clock of this machine. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  after(milliseconds, task) {
    const timeout = setTimeout(task, Math.min(Math.max(milliseconds, 0), LONGEST_TIMEOUT));
    return { cancel: () => clearTimeout(timeout) };
  },
};
