import type { Mutable } from "../decision.ts";
import type { Instant } from "../reading.ts";
import type { DrainMemory, LearnedTime, WorkTally } from "./drain-memory.ts";

/** An estimate is made of so many messages at least: of fewer, chance alone would make it. */
const ENOUGH = 20;
const FIRST = 5;
/** Where messages take long, fewer have to do after so long a time. */
const PATIENCE_MS = 900_000;
const ENOUGH_OF_LONG = 5;
/** After so many looks it is known well enough that hardly a message was ever in hands. */
const MANY_LOOKS = 200;
/** Of so many estimates the one in the middle counts: two that are wide of the mark change nothing. */
const ESTIMATES = 5;
/** How far each estimate moves what was learned before. */
const WEIGHT = 0.3;
const SHORTEST_SECONDS = 0.001;

type Learning = Pick<DrainMemory, "tally" | "learned" | "estimates">;

/** The time between two looks, or of which completions are known. */
export interface WorkedTime {
  readonly since: Instant;
  readonly at: Instant;
  /** In hands at its end. */
  readonly inFlight?: number | undefined;
}

/** What was worked in that time. */
export interface Work {
  readonly completed: number;
  /** Undefined where it cannot be known, such as while nobody had to do something all the time. */
  readonly busySeconds: number | undefined;
  /** Messages in hands, added up over the looks of that time, where it had more than the one at its end. */
  readonly seen?: number;
  readonly looks?: number;
}

/** What is known of a message's time after some more of it: seconds in hands divided by messages finished (Little's law). */
export function learnTime(memory: Learning, time: WorkedTime, work: Work): Learning {
  if (work.busySeconds === undefined || work.completed < 0) return kept(memory);
  const before = memory.tally ?? { since: time.since, busySeconds: 0, completed: 0, seen: 0, looks: 0 };
  const tally: WorkTally = {
    since: before.since,
    busySeconds: before.busySeconds + work.busySeconds,
    completed: before.completed + work.completed,
    seen: before.seen + (work.seen ?? time.inFlight ?? work.completed),
    looks: before.looks + (work.looks ?? 1),
  };
  if (tally.busySeconds === 0 && tally.completed === 0) return kept(memory);
  return isEnough(tally, time, memory) ? corrected(memory, tally, time) : kept(memory, tally);
}

/** A memory that knows nothing of these yet, with what is learned. */
export function withLearning(memory: Mutable<DrainMemory>, { tally, learned, estimates }: Learning): DrainMemory {
  if (tally !== undefined) memory.tally = tally;
  if (learned !== undefined) memory.learned = learned;
  if (estimates !== undefined) memory.estimates = estimates;
  return memory;
}

function kept({ learned, estimates }: Learning, tally?: WorkTally): Learning {
  const next: Pick<Mutable<DrainMemory>, keyof Learning> = {};
  if (learned !== undefined) next.learned = learned;
  if (estimates !== undefined) next.estimates = estimates;
  if (tally !== undefined) next.tally = tally;
  return next;
}

function isEnough(
  { since, completed, seen, looks }: WorkTally,
  { at, inFlight = 0 }: WorkedTime,
  { learned, estimates = [] }: Learning,
): boolean {
  if (at - since < Math.min(30_000, 10_000 * estimates.length)) return false;
  if (learned === undefined && completed >= Math.max(FIRST, inFlight)) return seen >= FIRST || looks >= MANY_LOOKS;
  // Those that are in hands now have been worked on, and are not finished: there have to be few of them beside the rest.
  if (completed >= Math.max(ENOUGH, inFlight)) return seen >= ENOUGH || looks >= MANY_LOOKS;
  return at - since >= PATIENCE_MS && completed >= Math.max(ENOUGH_OF_LONG, inFlight);
}

function corrected({ learned, estimates = [] }: Learning, { busySeconds, completed }: WorkTally, { at }: WorkedTime) {
  const newest = [...estimates, busySeconds / completed].slice(-ESTIMATES);
  const middle = Math.max(SHORTEST_SECONDS, median(newest));
  const before = learned?.secondsPerMessage ?? middle;
  const next: LearnedTime = {
    secondsPerMessage: before + Math.max(WEIGHT, 1 / (estimates.length || 1)) * (middle - before),
    messages: Math.round((learned?.messages ?? 0) + completed),
    at,
  };
  return { learned: next, estimates: newest };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
