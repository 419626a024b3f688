import type { Reading } from "../reading.ts";

/** What a drain rule takes from a reading. */
export interface QueueState {
  readonly waiting: number;
  /** Absent where the source cannot tell; then what waits may be in hands as well. */
  readonly inFlight?: number;
  /** Absent where the source counts neither arrivals nor completions. */
  readonly counts?: { readonly arrived: number; readonly completed: number };
}

/** Of what came and what was finished one can be reckoned from the other: the difference is what is unfinished. */
export function queueState(reading: Reading): QueueState {
  const { value, inFlight } = reading;
  const waiting = reading.waiting ?? Math.max(0, value - (inFlight ?? 0));
  const state = inFlight === undefined ? { waiting } : { waiting, inFlight };
  const unfinished = waiting + (inFlight ?? 0);
  if (reading.arrived === undefined && reading.completed === undefined) return state;
  const arrived = reading.arrived ?? (reading.completed ?? 0) + unfinished;
  return { ...state, counts: { arrived, completed: reading.completed ?? arrived - unfinished } };
}
