/** The clock of queues: visibility, delays, retention and long polls follow it. */
export interface QueueClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once, `milliseconds` from now; the returned function cancels the call. */
  after(milliseconds: number, run: () => void): () => void;
}

/** setTimeout fires at once for anything longer than this. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: QueueClock = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, Math.min(Math.max(milliseconds, 0), LONGEST_TIMER));
    return () => clearTimeout(timer);
  },
};
