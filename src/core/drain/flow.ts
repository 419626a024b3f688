import type { Instant, Reading } from "../reading.ts";
import type { FlowPoint } from "./drain-memory.ts";

/** What a drain rule takes from a reading. */
export interface QueueState {
  readonly waiting: number;
  /** Undefined where the source does not report it; then `waiting` may include what is in flight. */
  readonly inFlight: number | undefined;
  /** Undefined where the source counts neither arrivals nor completions. */
  readonly counts: { readonly arrived: number; readonly completed: number } | undefined;
}

/** Of arrivals and completions one follows from the other: the difference is what is unfinished. */
export function queueState(reading: Reading): QueueState {
  const { value, inFlight } = reading;
  const waiting = reading.waiting ?? Math.max(0, value - (inFlight ?? 0));
  if (reading.arrived === undefined && reading.completed === undefined) return { waiting, inFlight, counts: undefined };
  const unfinished = waiting + (inFlight ?? 0);
  const arrived = reading.arrived ?? (reading.completed ?? 0) + unfinished;
  const completed = reading.completed ?? arrived - unfinished;
  return { waiting, inFlight, counts: { arrived, completed } };
}

const DENSEST_MS = 5_000;
/** Points are apart by this share of their age. */
const SPARSENESS = 0.1;

/** The flow with one more point. Points too close for their age are left out, and those beyond the horizon but for one. */
export function withPoint(flow: readonly FlowPoint[], newest: FlowPoint, horizonMs: number): readonly FlowPoint[] {
  const { at: now } = newest;
  const first = Math.max(0, newestUntil(flow, now - horizonMs));
  const kept: FlowPoint[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (let index = first; index < flow.length; index += 1) {
    const point = flow[index] as FlowPoint;
    if (point.at - last < Math.max(DENSEST_MS, (now - point.at) * SPARSENESS)) continue;
    kept.push(point);
    last = point.at;
  }
  kept.push(newest);
  return kept;
}

/** Index of the newest point at that moment or before it; -1: there is none. (A loop: it runs a million times.) */
export function newestUntil(flow: readonly FlowPoint[], moment: Instant): number {
  let index = flow.length - 1;
  while (index >= 0 && (flow[index] as FlowPoint).at > moment) index -= 1;
  return index;
}

/** The newest point that is at least that old. */
export function pointBefore(flow: readonly FlowPoint[], ageMs: number): FlowPoint | undefined {
  const newest = flow.at(-1);
  return newest && flow[newestUntil(flow, newest.at - ageMs)];
}

/** Arrivals a second between two points. */
export function rateBetween(from: FlowPoint, to: FlowPoint): number {
  return to.at > from.at ? Math.max(0, ((to.arrived - from.arrived) * 1000) / (to.at - from.at)) : 0;
}

/**
 * How long the oldest waiting message has waited, in seconds, where messages are taken in order: the newest arrivals
 * are those that wait. No more than the flow covers.
 */
export function oldestAge(flow: readonly FlowPoint[], waiting: number): number | undefined {
  const newest = flow.at(-1);
  const first = flow[0];
  if (newest === undefined || first === undefined) return undefined;
  if (waiting <= 0) return 0;
  const before = newest.arrived - waiting;
  const index = flow.findLastIndex(({ arrived }) => arrived <= before);
  const from = flow[index];
  if (from === undefined) return (newest.at - first.at) / 1000;
  const to = flow[index + 1] ?? newest;
  const share = to.arrived > from.arrived ? (before - from.arrived) / (to.arrived - from.arrived) : 1;
  return (newest.at - from.at - share * (to.at - from.at)) / 1000;
}

/** Over these times completions are compared with what the busy hands should have finished. */
export const HELD_WINDOWS_MS = [15_000, 30_000, 60_000, 120_000];
/** Fewer expected completions say nothing. */
const FEWEST_EXPECTED = 10;
/** So many deviations (of a Poisson count) are no chance. */
const DEVIATIONS = 3;

/**
 * Hands that hold a message and finish nothing: those that would not be needed for what was finished. Little's law over
 * the shortest time in which the shortfall is no chance. 0 where what is in flight is not known.
 */
export function heldHands(flow: readonly FlowPoint[], secondsPerMessage: number): number {
  const newest = flow.at(-1);
  if (newest?.busySeconds === undefined) return 0;
  for (const ms of HELD_WINDOWS_MS) {
    const since = pointBefore(flow, ms);
    if (since?.busySeconds === undefined) return 0;
    const busy = newest.busySeconds - since.busySeconds;
    const expected = busy / secondsPerMessage;
    const completed = newest.completed - since.completed;
    if (expected < FEWEST_EXPECTED || completed > expected - DEVIATIONS * Math.sqrt(expected)) continue;
    const explained = (completed + DEVIATIONS * Math.sqrt(completed)) * secondsPerMessage;
    return Math.max(0, ((busy - explained) * 1000) / (newest.at - since.at));
  }
  return 0;
}
