import type { Mutable } from "../decision.ts";
import type { Instant, ReadingFailure } from "../reading.ts";
import { counted, roughly } from "../wording.ts";
import type { WorkersSeen } from "../workers.ts";
import type { Drain, DrainMemory, LearnedStartUp, LearnedTime, WorkTally } from "./drain-memory.ts";

/** An estimate is made of this many messages at least: of fewer, chance alone would make it. */
const ENOUGH = 20;
/** The very first one has to do with fewer: the alternative is to know nothing. */
const ENOUGH_AT_FIRST = 5;
/** Each estimate takes this much longer than the one before, up to half a minute: then chance moves it less. */
const LONGER_MS = 10_000;
const LONGEST_MS = 30_000;
/** Where messages take long, fewer have to do after so long a time. */
const PATIENCE_MS = 900_000;
const ENOUGH_OF_LONG = 5;
/** After this many polls it is known well enough that hardly a message was ever in hands. */
const MANY_LOOKS = 200;
/** Of this many estimates the one in the middle counts: two that are wide of the mark change nothing. */
const ESTIMATES = 5;
/** How far each estimate moves what was learned before; the first ones move it further. */
const WEIGHT = 0.3;
/** The same for its coefficient of variation, which takes more of them. */
const VARIATION_WEIGHT = 0.1;
/** Exponential times have 1, and count so until something else is learned. */
export const USUAL_VARIATION = 1;
const MOST_VARIATION = 5;
const SHORTEST_SECONDS = 0.001;

/** What is known of a message's time. */
export type Learning = Pick<DrainMemory, "tally" | "learned" | "estimates">;

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
  /** Undefined where it cannot be known, such as while workers were idle at times. */
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
  if (at - since < Math.min(LONGEST_MS, LONGER_MS * estimates.length)) return false;
  if (learned === undefined && completed >= Math.max(ENOUGH_AT_FIRST, inFlight) && seen >= ENOUGH_AT_FIRST) return true;
  // Those that are in hands now have been worked on, and are not finished: there have to be few of them beside the rest.
  if (completed >= Math.max(ENOUGH, inFlight)) return seen >= ENOUGH || looks >= MANY_LOOKS;
  return at - since >= PATIENCE_MS && completed >= Math.max(ENOUGH_OF_LONG, inFlight);
}

function corrected({ learned, estimates = [] }: Learning, { busySeconds, completed }: WorkTally, { at }: WorkedTime) {
  const estimate = busySeconds / completed;
  // The very first one is made of few: it is not kept beside better ones.
  if (learned === undefined && completed < ENOUGH) {
    const secondsPerMessage = Math.max(SHORTEST_SECONDS, estimate);
    return { learned: { secondsPerMessage, messages: completed, at, variation: USUAL_VARIATION } };
  }
  const newest = [...estimates, estimate].slice(-ESTIMATES);
  const middle = Math.max(SHORTEST_SECONDS, median(newest));
  const before = learned?.secondsPerMessage ?? middle;
  const weight = Math.max(WEIGHT, 1 / Math.max(1, estimates.length));
  const secondsPerMessage = before + weight * (middle - before);
  const messages = Math.round((learned?.messages ?? 0) + completed);
  const next: LearnedTime = {
    secondsPerMessage,
    messages,
    at,
    variation: variationAfter(learned, estimate, completed),
  };
  return { learned: next, estimates: newest };
}

/** A mean of n independent times scatters by variation / sqrt(n): from how the estimates scatter the variation follows. */
function variationAfter(learned: LearnedTime | undefined, estimate: number, completed: number): number {
  if (learned === undefined) return USUAL_VARIATION;
  const { secondsPerMessage, variation = USUAL_VARIATION } = learned;
  const square = Math.min(MOST_VARIATION ** 2, completed * (estimate / secondsPerMessage - 1) ** 2);
  return Math.sqrt(variation ** 2 + VARIATION_WEIGHT * (square - variation ** 2));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** What is learned may be this many times more or less than what the user says. */
const CORRECTION = 4;

/** How long something takes, and as a clause where that comes from. */
export interface TimeTaken {
  readonly seconds: number;
  readonly because: string;
}

/**
 * What was learned, near what the user says; before that, what the user says. Where nothing is known a message counts
 * as the whole objective: the most that the rule ever takes it for, as doubt must not save workers.
 */
export function messageTime(
  rule: Drain,
  learned: LearnedTime | undefined,
  now: Instant,
  doubt?: ReadingFailure,
): TimeTaken {
  const { seconds, because } = timeFrom(rule, learned, now);
  if (doubt === undefined) return { seconds, because };
  return { seconds, because: `${because}, and cannot be learned now (${doubt.kind}: ${doubt.message})` };
}

function timeFrom(rule: Drain, learned: LearnedTime | undefined, now: Instant): TimeTaken {
  const { secondsPerMessage: stated, withinSeconds } = rule;
  if (learned === undefined) {
    if (stated !== undefined) return { seconds: stated, because: `${describeSeconds(stated)} a message as stated` };
    const because = `a message counts as all of ${withinSeconds} s, as it is not known yet how long one takes`;
    return { seconds: withinSeconds, because };
  }
  const origin = `learned from ${counted(learned.messages, "message")}, ${ageOf(learned.at, now)} s ago`;
  const { seconds, because } = nearStated(learned.secondsPerMessage, stated, origin);
  return { seconds, because: `${describeSeconds(seconds)} a message (${because})` };
}

/** What was learned, within a quarter and four times of what is stated, and where it comes from. */
function nearStated(learned: number, stated: number | undefined, origin: string): TimeTaken {
  const seconds = near(learned, stated);
  if (stated === undefined || seconds === learned) return { seconds: learned, because: origin };
  const limit = seconds > stated ? "4 times" : "a quarter of";
  return { seconds, because: `${limit} the stated ${describeSeconds(stated)}; ${describeSeconds(learned)} ${origin}` };
}

function ageOf(at: Instant, now: Instant): number {
  return Math.max(0, Math.round((now - at) / 1000));
}

/** The memory with what pods have shown of their start-up, where they were looked at since. */
export function noteStartUp(memory: DrainMemory, workers: WorkersSeen | undefined): DrainMemory {
  if (workers === undefined || "unknown" in workers || workers.startUp === undefined) return memory;
  const { at, startUp } = workers;
  return memory.startUp !== undefined && memory.startUp.at >= at ? memory : { ...memory, startUp: { ...startUp, at } };
}

/** How long a replica takes until it works: as learned, near what is stated; what is stated until pods were seen. */
export function startUpTime(rule: Drain, learned: LearnedStartUp | undefined, now: Instant): TimeTaken {
  const { startUpSeconds: stated } = rule;
  if (learned === undefined) return { seconds: stated, because: "" };
  const origin = `learned from ${counted(learned.pods, "pod")}, ${ageOf(learned.at, now)} s ago`;
  const { seconds, because } = nearStated(learned.seconds, stated, origin);
  return { seconds, because: `, ${describeSeconds(seconds)} until a replica works (${because})` };
}

function near(learned: number, stated: number | undefined): number {
  if (stated === undefined) return learned;
  return Math.min(Math.max(learned, stated / CORRECTION), stated * CORRECTION);
}

function describeSeconds(seconds: number): string {
  return `${roughly(seconds)} s`;
}
