import type { SignalRule } from "../autoscaler.ts";
import type { Instant, Reading } from "../reading.ts";
import type { DrainMemory, FlowPoint, LastLook } from "./drain-memory.ts";
import { learnTime } from "./learn-time.ts";
import { pairCompletions } from "./pair-completions.ts";
import { queueState } from "./queue-state.ts";

export type Drain = Extract<SignalRule, { readonly kind: "drain" }>;

/** What surrounds a look. */
export interface LookTerms {
  readonly rule: Drain;
  /** After a longer pause it is not known what went on. */
  readonly longestPauseMs: number;
  /** The same for what was in hands, which nobody has counted meanwhile. */
  readonly longestGapMs: number;
  readonly replicas: number;
  readonly lastScaleAt: Instant | undefined;
}

/** Rates look back for five minutes; how old messages are, for twice the objective. */
const HORIZON_MS = 300_000;
const DENSEST_MS = 5_000;
/** Points lie apart by this share of their age. */
const SPARSENESS = 0.1;
/** Two looks that date the oldest message within so much of each other speak of the same one. */
const SAME_MESSAGE_MS = 2_000;

/** The memory after a look; the same where it says nothing new. */
export function noteLook(memory: DrainMemory, reading: Reading, terms: LookTerms): DrainMemory {
  const { at } = reading;
  const { waiting, inFlight, counts } = queueState(reading);
  const { last } = memory;
  if (counts === undefined && reading.completions !== undefined) return pairCompletions(memory, reading, terms);
  if (counts === undefined || (last !== undefined && at <= last.at)) return memory;
  const look: LastLook = {
    at,
    waiting,
    ...(inFlight === undefined ? {} : { inFlight }),
    arrivedCount: counts.arrived,
    completedCount: counts.completed,
  };
  const { learned, estimates, grown } = memory;
  const kept = {
    ...(learned === undefined ? {} : { learned }),
    ...(estimates === undefined ? {} : { estimates }),
    ...(grown === undefined ? {} : { grown }),
  };
  if (last === undefined || at - last.at > terms.longestPauseMs) {
    return { ...kept, flow: [{ at, arrived: 0, completed: 0 }], last: look, progressAt: at };
  }
  return wentOn(memory, reading, { last, look }, terms);
}

function wentOn(
  memory: DrainMemory,
  reading: Reading,
  { last, look }: { readonly last: LastLook; readonly look: LastLook },
  terms: LookTerms,
): DrainMemory {
  const { at } = look;
  const before = memory.flow?.at(-1) ?? { at: last.at, arrived: 0, completed: 0 };
  // A counter that falls has begun anew, or an offset was set back: that much is not known of this time.
  const isCut = look.arrivedCount < last.arrivedCount || look.completedCount < last.completedCount;
  const point: FlowPoint = {
    at,
    arrived: before.arrived + Math.max(0, look.arrivedCount - last.arrivedCount),
    completed: before.completed + Math.max(0, look.completedCount - last.completedCount),
  };
  const completed = point.completed - before.completed;
  const isIdle = terms.replicas === 0 || look.waiting + (look.inFlight ?? 0) === 0;
  const { tally: _, oldest: __, ...rest } = memory;
  return {
    ...rest,
    ...learnTime(
      memory,
      { since: last.at, at: look.at, inFlight: look.inFlight },
      {
        completed,
        busySeconds: isCut ? undefined : busySeconds(last, look, terms),
      },
    ),
    flow: thinned([...(memory.flow ?? []), point], Math.max(HORIZON_MS, terms.rule.withinSeconds * 2_000)),
    last: look,
    progressAt: completed > 0 || isIdle ? at : (memory.progressAt ?? at),
    ...(completed > 0 ? { completedAt: at } : {}),
    ...oldestOf(memory, reading, point),
  };
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

function oldestOf({ oldest }: DrainMemory, { at, oldestSeconds }: Reading, { completed }: FlowPoint) {
  if (oldestSeconds === undefined || oldestSeconds === 0) return {};
  const came = at - oldestSeconds * 1000;
  const isSame = oldest !== undefined && Math.abs(came - oldest.came) <= SAME_MESSAGE_MS;
  return { oldest: isSame ? oldest : { came, since: at, completed } };
}

/** Points that lie too close for their age are left out, and those beyond the horizon but for one. */
function thinned(points: readonly FlowPoint[], horizonMs: number): readonly FlowPoint[] {
  const newest = points.at(-1)?.at ?? 0;
  const first = Math.max(
    0,
    points.findLastIndex(({ at }) => at <= newest - horizonMs),
  );
  const kept: FlowPoint[] = [];
  for (const point of points.slice(first)) {
    const gap = Math.max(DENSEST_MS, (newest - point.at) * SPARSENESS);
    const previous = kept.at(-1);
    if (previous === undefined || point.at - previous.at >= gap || point.at === newest) kept.push(point);
  }
  return kept;
}
