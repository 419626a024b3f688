import type { Reading, SignalState } from "./reading.ts";

/** What is known of a signal once a look has given this reading. */
export function withReading({ reading: last, before }: SignalState, reading: Reading): SignalState {
  // A server that has no newer point yet gives the same one again, which confirms nothing.
  const compared = last?.at === reading.at ? before : last;
  return compared === undefined || saysTheSame(compared, reading) ? { reading } : { reading, before: compared };
}

function saysTheSame(one: Reading, other: Reading): boolean {
  return one.value === other.value && one.arrivalsPerMinute === other.arrivalsPerMinute;
}
