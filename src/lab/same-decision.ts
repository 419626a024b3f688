import type { Decision, Reading, SignalState, Situation } from "../core/index.ts";

/** Whether only the same can be decided: nothing that was read differs, and the time that the decision names has not come. */
export function isSameQuestion(
  last: Situation,
  now: Situation,
  { reconsiderAt = Number.POSITIVE_INFINITY }: Decision,
): boolean {
  if (last.workers !== now.workers) return false;
  if (last.currentReplicas !== now.currentReplicas || last.memory !== now.memory) return false;
  // While it waits for work, what was read does not age, so the autoscaler is another one each time.
  if (last.autoscaler !== now.autoscaler || now.now >= reconsiderAt) return false;
  for (const { name } of now.autoscaler.signals) {
    if (!isEqualReading(last.signals[name], now.signals[name])) return false;
  }
  return true;
}

/**
 * Whether a signal reads the same as before but for the moment of which that speaks. What came before the earlier
 * reading does not count: it can only have kept something from falling, and then the decision was not kept.
 */
function isEqualReading(last: SignalState | undefined, now: SignalState | undefined): boolean {
  if (last?.reading === undefined || now?.reading === undefined) return false;
  if (last.failure !== undefined || now.failure !== undefined || now.before !== undefined) return false;
  return isEqual(last.reading, now.reading);
}

function isEqual(one: Reading, other: Reading): boolean {
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

/** Whether a fall waits for the next poll to confirm it. */
export function isUnconfirmed({ steps }: Decision): boolean {
  for (const { rule } of steps) if (rule === "confirmFalls") return true;
  return false;
}
