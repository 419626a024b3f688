import type { Mutable } from "../decision.ts";
import type { Instant, Reading } from "../reading.ts";
import { judgeForecasts, MEAN_WINDOWS_MS, RISE_WINDOWS_MS } from "./arrivals.ts";
import type { Drain, DrainMemory, FlowPoint, LastLook } from "./drain-memory.ts";
import { HELD_WINDOWS_MS, newestUntil, queueState, withPoint } from "./flow.ts";
import { learnTime, withLearning } from "./message-time.ts";
import { pairCompletions } from "./pair-completions.ts";
import { noteArrivals, withoutBin } from "./season.ts";

/** What surrounds a look. */
export interface LookTerms {
  readonly rule: Drain;
  /** After a longer pause it is not known what went on. */
  readonly longestPauseMs: number;
  /** The same for what was in hands, which was not counted meanwhile. */
  readonly longestGapMs: number;
  readonly replicas: number;
  readonly lastScaleAt: Instant | undefined;
}

/** Forecasts look back for eleven minutes; how old messages are, for twice the objective. */
const HORIZON_MS = 660_000;
/** Two looks that date the oldest message within so much of each other speak of the same one. */
const SAME_MESSAGE_MS = 2_000;

/** The memory after a look; the same where it says nothing new. */
export function noteLook(memory: DrainMemory, reading: Reading, terms: LookTerms): DrainMemory {
  const { at } = reading;
  const { waiting, inFlight, counts } = queueState(reading);
  const { last } = memory;
  if (counts === undefined && reading.completions !== undefined) return pairCompletions(memory, reading, terms);
  if (counts === undefined || (last !== undefined && at <= last.at)) return memory;
  const { arrived: arrivedCount, completed: completedCount } = counts;
  const look: LastLook =
    inFlight === undefined
      ? { at, waiting, arrivedCount, completedCount }
      : { at, waiting, inFlight, arrivedCount, completedCount };
  if (last === undefined || at - last.at > terms.longestPauseMs) return begunAnew(memory, look, terms.rule);
  return wentOn(memory, reading, { last, look }, terms);
}

/** What was learned stays; what went on before this look is not known. */
function begunAnew(
  { learned, startUp, estimates, grown, forecast, season }: DrainMemory,
  look: LastLook,
  rule: Drain,
): DrainMemory {
  const { at } = look;
  const next: Mutable<DrainMemory> = {
    flow: [{ at, arrived: 0, completed: 0, busySeconds: 0 }],
    last: look,
    progressAt: at,
  };
  if (learned !== undefined) next.learned = learned;
  if (startUp !== undefined) next.startUp = startUp;
  if (estimates !== undefined) next.estimates = estimates;
  if (grown !== undefined) next.grown = grown;
  if (forecast !== undefined) next.forecast = forecast;
  if (season !== undefined && isForetold(rule)) next.season = withoutBin(season);
  return next;
}

function wentOn(
  memory: DrainMemory,
  reading: Reading,
  { last, look }: { readonly last: LastLook; readonly look: LastLook },
  terms: LookTerms,
): DrainMemory {
  const { at } = look;
  const before = memory.flow?.at(-1) ?? { at: last.at, arrived: 0, completed: 0 };
  // A counter that falls has begun again, or an offset was set back: that much is not known of this time.
  const isCut = look.arrivedCount < last.arrivedCount || look.completedCount < last.completedCount;
  const busy = isCut ? undefined : busySeconds(last, look, terms);
  const point: Mutable<FlowPoint> = {
    at,
    arrived: before.arrived + Math.max(0, look.arrivedCount - last.arrivedCount),
    completed: before.completed + Math.max(0, look.completedCount - last.completedCount),
  };
  if (busy !== undefined) point.busySeconds = (before.busySeconds ?? 0) + busy;
  const completed = point.completed - before.completed;
  const flow = withPoint(memory.flow ?? [], point, Math.max(HORIZON_MS, terms.rule.withinSeconds * 2_000));
  const next: Mutable<DrainMemory> = {
    flow,
    last: look,
    forecast: judgeForecasts(memory.forecast, flow),
    progressAt: completed > 0 || isIdle(look, terms) ? at : (memory.progressAt ?? at),
  };
  const completedAt = completed > 0 ? at : memory.completedAt;
  if (completedAt !== undefined) next.completedAt = completedAt;
  if (memory.hands !== undefined) next.hands = memory.hands;
  if (memory.grown !== undefined) next.grown = memory.grown;
  if (memory.startUp !== undefined) next.startUp = memory.startUp;
  const oldest = oldestOf(memory, reading, point);
  if (oldest !== undefined) next.oldest = oldest;
  noteSeason(next, memory, terms.rule, { from: last.at, arrived: point.arrived - before.arrived, isCut });
  const time = { since: last.at, at, inFlight: look.inFlight };
  return withLearning(next, learnTime(memory, time, { completed, busySeconds: busy }));
}

interface Watched {
  readonly from: Instant;
  readonly arrived: number;
  readonly isCut: boolean;
}

function noteSeason(
  next: Mutable<DrainMemory>,
  { season = {} }: DrainMemory,
  rule: Drain,
  { from, arrived, isCut }: Watched,
): void {
  if (!isForetold(rule) || next.last === undefined) return;
  next.season = isCut ? withoutBin(season) : noteArrivals(season, from, next.last.at, arrived);
}

function isForetold({ forecast }: Drain): boolean {
  return forecast === "Shadow" || forecast === "Raise";
}

function isIdle({ waiting, inFlight = 0 }: LastLook, { replicas }: LookTerms): boolean {
  return replicas === 0 || waiting + inFlight === 0;
}

/** Seconds that messages were in hands between two looks. Who does not tell has full hands while something waits. */
function busySeconds(last: LastLook, look: LastLook, { rule, replicas, lastScaleAt }: LookTerms): number | undefined {
  const seconds = (look.at - last.at) / 1000;
  if (last.inFlight !== undefined && look.inFlight !== undefined) {
    return ((last.inFlight + look.inFlight) / 2) * seconds;
  }
  const areAllThere = lastScaleAt === undefined || last.at - lastScaleAt >= rule.startUpSeconds * 1000;
  const areAllBusy = last.waiting > replicas * rule.concurrency && look.waiting > replicas * rule.concurrency;
  return areAllThere && areAllBusy ? replicas * rule.concurrency * seconds : undefined;
}

function oldestOf(
  { oldest }: DrainMemory,
  { at, oldestSeconds }: Reading,
  { completed }: FlowPoint,
): DrainMemory["oldest"] {
  if (oldestSeconds === undefined || oldestSeconds === 0) return undefined;
  const came = at - oldestSeconds * 1000;
  const isSame = oldest !== undefined && Math.abs(came - oldest.came) <= SAME_MESSAGE_MS;
  return isSame ? oldest : { came, since: at, completed };
}

const WINDOWS_MS = [...new Set([...MEAN_WINDOWS_MS, ...RISE_WINDOWS_MS, ...HELD_WINDOWS_MS])];

/**
 * As much of a memory as the next decision on the same look needs, which is little: what further looks would be compared
 * with is left out, and what was learned, which is reported elsewhere.
 */
export function essence(memory: DrainMemory): DrainMemory {
  const { flow, hands, season, tally: _, estimates: __, learned: ___, ...rest } = memory;
  return {
    ...rest,
    ...(season?.outlook === undefined ? {} : { season: { outlook: season.outlook } }),
    ...(flow === undefined ? {} : { flow: pointsThatCount(flow, rest.last?.waiting ?? 0) }),
    ...(hands === undefined ? {} : { hands: { ...hands, minutes: [] } }),
  };
}

/** Those that rates and ages are computed from. */
function pointsThatCount(flow: readonly FlowPoint[], waiting: number): readonly FlowPoint[] {
  const newest = flow.at(-1);
  if (newest === undefined) return flow;
  const since = (ms: number) => newestUntil(flow, newest.at - ms);
  const oldest = flow.findLastIndex(({ arrived }) => arrived <= newest.arrived - waiting);
  const counting = new Set([0, ...WINDOWS_MS.map(since), oldest, oldest + 1, flow.length - 2, flow.length - 1]);
  return flow.filter((_, index) => counting.has(index));
}
