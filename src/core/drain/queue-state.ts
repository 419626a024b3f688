import type { Reading } from "../reading.ts";

/** What a drain rule takes from a reading. */
export interface QueueState {
  readonly waiting: number;
  /** Undefined where the source cannot tell; then what waits may be in hands as well. */
  readonly inFlight: number | undefined;
  /** Undefined where the source counts neither arrivals nor completions. */
  readonly counts: { readonly arrived: number; readonly completed: number } | undefined;
}

/** Of what came and what was finished one can be reckoned from the other: the difference is what is unfinished. */
export function queueState(reading: Reading): QueueState {
  const { value, inFlight } = reading;
  const waiting = reading.waiting ?? Math.max(0, value - (inFlight ?? 0));
  if (reading.arrived === undefined && reading.completed === undefined) return { waiting, inFlight, counts: undefined };
  const unfinished = waiting + (inFlight ?? 0);
  const arrived = reading.arrived ?? (reading.completed ?? 0) + unfinished;
  const completed = reading.completed ?? arrived - unfinished;
  return { waiting, inFlight, counts: { arrived, completed } };
}
