import {
  type Autoscaler,
  type Decision,
  essence,
  fallbackInWords,
  groupJobs,
  type Instant,
  type Memory,
  type Reading,
  type Situation,
  type WorkersSeen,
} from "../core/index.ts";
import type { JournalEntry, JournalSignal, OUTCOMES } from "./journal-entry.ts";

/** One decision in memory. Of repeated decisions, the parts of the newest are kept, which the controller holds anyway. */
export interface JournalRecord {
  /** With the bounds in force. */
  readonly autoscaler: Pick<Autoscaler, "id" | "origin" | "profile" | "mode" | "minReplicas" | "maxReplicas">;
  readonly at: Instant;
  until: Instant;
  /** When it was last written. */
  writtenAt: Instant;
  count: number;
  readonly currentReplicas: number;
  signals: Situation["signals"];
  readonly lastScaleAt: Instant | undefined;
  /** Who was busy, where it was asked. */
  readonly workers: WorkersSeen | undefined;
  /** Of an autoscaler of Jobs. */
  readonly jobs: JournalEntry["jobs"];
  decision: Decision;
  outcome: (typeof OUTCOMES)[number];
  scaled: { readonly at: Instant; readonly from: number; readonly to: number } | undefined;
  failure: string | undefined;
}

/** The record as an entry. Never an autoscaler's source settings, which may hold credentials. */
export function toEntry(record: JournalRecord): JournalEntry {
  const { autoscaler, decision, scaled } = record;
  const { id, origin, profile, mode, minReplicas, maxReplicas } = autoscaler;
  const { kind, namespace, name } = origin;
  const { desiredReplicas, direction, steps, limited } = decision;
  return {
    ...{ id, kind, namespace, name, profile, mode },
    ...{ at: toIsoTime(record.at) ?? "", until: toIsoTime(record.until) ?? "", count: record.count },
    ...{ currentReplicas: record.currentReplicas, desiredReplicas, direction, minReplicas, maxReplicas },
    lastScaleAt: toIsoTime(record.lastScaleAt),
    signals: decision.signals.map((verdict) => toSignal(verdict, record.signals, decision.memory)),
    ...{ steps, workers: toWorkers(record), jobs: record.jobs, fallback: toFallback(record), limited },
    reconsiderAt: toIsoTime(decision.reconsiderAt),
    outcome: record.outcome,
    scaled: scaled && { ...scaled, at: toIsoTime(scaled.at) ?? "" },
    failure: record.failure,
  };
}

/** The Jobs of a situation, as far as they matter to its decision. */
export function jobsOf({ autoscaler, jobs, signals }: Situation): JournalEntry["jobs"] {
  if (jobs === undefined || autoscaler.jobs === undefined) return undefined;
  const readings = autoscaler.signals.flatMap(({ name }) => signals[name]?.reading?.at ?? []);
  const groups = groupJobs(jobs, readings, autoscaler.jobs);
  const unfinished = jobs.jobs.filter(({ endedAt }) => endedAt === undefined);
  const running = unfinished.filter(({ workingSince }) => workingSince !== undefined).length;
  return { running, pending: unfinished.length - running, knownSince: jobs.knownSince, groups };
}

/** Counts alone: the steps name some of the pods. */
function toWorkers({ workers }: JournalRecord): JournalEntry["workers"] {
  const at = toIsoTime(workers?.at);
  if (workers === undefined || at === undefined) return undefined;
  if ("unknown" in workers) return { at, unknown: workers.unknown };
  return { at, pods: workers.pods, idle: workers.idle.length, busy: workers.busy.length };
}

function toFallback({ decision: { fallback }, until }: JournalRecord): JournalEntry["fallback"] {
  const since = toIsoTime(fallback?.since);
  return fallback && since !== undefined ? { since, message: fallbackInWords(fallback, until) } : undefined;
}

function toSignal(
  verdict: Decision["signals"][number],
  states: Situation["signals"],
  { drains }: Decision["memory"],
): JournalSignal {
  const { reading, failure } = states[verdict.name] ?? {};
  const { at, ...numbers } = reading ?? {};
  // Arrivals are in what was counted.
  const { learned, arrivals: _, ...said } = verdict;
  const seen = drains?.[verdict.name];
  return {
    ...numbers,
    ...said,
    ...(learned === undefined ? {} : { learned: { ...learned, at: toIsoTime(learned.at) ?? "" } }),
    ...(seen === undefined ? {} : { seen: essence(seen) }),
    readAt: toIsoTime(at),
    failure,
  };
}

const LAST_DAY = Date.UTC(9999, 11, 31);

/** Sources may date readings beyond the years that ISO 8601 writes with four digits. */
function toIsoTime(at: Instant | undefined): string | undefined {
  return at === undefined || !(at >= 0 && at <= LAST_DAY) ? undefined : new Date(at).toISOString();
}

/**
 * The decision of a record that no longer holds. Only the next decision needs what stabilization remembers; a record
 * that may be written again keeps what a drain rule had counted.
 */
export function dropMemory({ decision, outcome }: JournalRecord): Decision {
  const { drains } = decision.memory;
  const isDone = outcome !== "Pending" || drains === undefined;
  return { ...decision, memory: isDone ? {} : { drains: essences(drains) } };
}

function essences(drains: NonNullable<Memory["drains"]>): NonNullable<Memory["drains"]> {
  return Object.fromEntries(Object.entries(drains).map(([name, drain]) => [name, essence(drain)]));
}

/** Whether a decision differs from the last record in no more than times and ages. */
export function isRepeated(record: JournalRecord, situation: Situation, decision: Decision): boolean {
  const { autoscaler } = situation;
  const { bounds = autoscaler } = decision;
  const before = record.decision;
  return (
    record.currentReplicas === situation.currentReplicas &&
    before.desiredReplicas === decision.desiredReplicas &&
    record.autoscaler.mode === autoscaler.mode &&
    record.autoscaler.minReplicas === bounds.minReplicas &&
    record.autoscaler.maxReplicas === bounds.maxReplicas &&
    record.lastScaleAt === situation.memory.lastScaleAt &&
    before.limited?.reason === decision.limited?.reason &&
    before.fallback?.since === decision.fallback?.since &&
    hasSameSteps(before, decision) &&
    hasSameSignals(record, situation, decision) &&
    hasSameGrowth(before.memory, decision.memory)
  );
}

function hasSameSteps({ steps: before }: Decision, { steps: now }: Decision): boolean {
  if (before === now) return true;
  return (
    before.length === now.length &&
    now.every(({ rule, from, to }, index) => {
      const last = before[index];
      return last?.rule === rule && last.from === from && last.to === to;
    })
  );
}

function hasSameSignals(record: JournalRecord, { signals: states }: Situation, { signals }: Decision): boolean {
  const before = record.decision.signals;
  return (
    before.length === signals.length &&
    signals.every(({ name, trust, recommendedReplicas }, index) => {
      const last = before[index];
      if (last?.name !== name || last.trust !== trust || last.recommendedReplicas !== recommendedReplicas) return false;
      const [one, other] = [record.signals[name], states[name]];
      if (one === other) return true;
      return (
        one?.failure?.kind === other?.failure?.kind &&
        hasSameDoubts(one?.reading, other?.reading) &&
        Object.is(one?.reading?.value, other?.reading?.value) &&
        one?.reading?.arrivalsPerMinute === other?.reading?.arrivalsPerMinute &&
        one?.reading?.idleWorkers === other?.reading?.idleWorkers
      );
    })
  );
}

/** What an age guard does next depends on when it last raised the number, even where a bound hid the rise. */
function hasSameGrowth({ drains: before }: Memory, { drains: now }: Memory): boolean {
  return Object.entries(now ?? {}).every(([name, drain]) => before?.[name]?.grown?.at === drain.grown?.at);
}

function hasSameDoubts(one: Reading | undefined, other: Reading | undefined): boolean {
  const [before, now] = [one?.doubts ?? [], other?.doubts ?? []];
  return before.length === now.length && now.every(({ kind }, index) => before[index]?.kind === kind);
}
