import type { Reading, SignalState } from "../../core/index.ts";

/** Whether two states of a signal tell the same but for the moment of which they speak. */
export function tellsTheSame(one: SignalState | undefined, other: SignalState): boolean {
  if (one === undefined || one.failure !== undefined || other.failure !== undefined) return false;
  if (one.before !== undefined || other.before !== undefined) return false;
  return one.reading !== undefined && other.reading !== undefined && sameBut(one.reading, other.reading);
}

function sameBut(one: Reading, other: Reading): boolean {
  return (
    one.value === other.value &&
    one.waiting === other.waiting &&
    one.inFlight === other.inFlight &&
    one.arrivalsPerMinute === other.arrivalsPerMinute &&
    one.idleWorkers === other.idleWorkers &&
    one.oldestSeconds === other.oldestSeconds &&
    one.arrived === other.arrived &&
    one.completed === other.completed &&
    one.completions === other.completions &&
    one.doubts === other.doubts
  );
}
