import type { Reading, SignalState } from "../../core/index.ts";

/**
 * Whether a state of a signal tells the same as an earlier one but for the moment of which it speaks. What came before
 * the earlier one is of no account: it can only have kept something from falling, which who asks has to know.
 */
export function tellsTheSame(one: SignalState | undefined, other: SignalState): boolean {
  if (one === undefined || one.failure !== undefined || other.failure !== undefined) return false;
  if (other.before !== undefined) return false;
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
