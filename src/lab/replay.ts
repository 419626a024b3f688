import {
  type Autoscaler,
  type Decision,
  type DrainMemory,
  type Instant,
  jobsOfGroups,
  type Memory,
  type Mutable,
  type Reading,
  type SignalState,
  type WorkersSeen,
  withoutAgeing,
  withReading,
  withScaling,
} from "../core/index.ts";
import { decideOnSchedule } from "../formats/schedule.ts";
import type { JournalEntry, JournalSignal } from "../journal/journal-entry.ts";
import { UserError } from "../shared/user-error.ts";
import { namedWorkers } from "./plant/plant.ts";
import type { Policy } from "./rehearsal.ts";

interface ReplayedDecision {
  readonly desiredReplicas: number;
  /** The reasons of its rules. */
  readonly because: string;
}

/** The recorded decision and those of the policies at one moment. */
export interface ReplayedRow {
  readonly at: string;
  /** Until the next decision. */
  readonly seconds: number;
  readonly currentReplicas: number;
  readonly decided: number;
  readonly replayed: readonly ReplayedDecision[];
}

/** The sum of one policy, or of the recorded decisions. */
export interface ReplayedSum {
  readonly name: string;
  /** Of desired replicas. */
  readonly replicaHours: number;
  /** Decisions that differ from the recorded ones, and for how long. */
  readonly different: number;
  readonly differentSeconds: number;
}

/** Decides recorded situations again by other policies. */
export function replay(
  entries: readonly JournalEntry[],
  policies: readonly Policy[],
): { readonly rows: readonly ReplayedRow[]; readonly sums: readonly ReplayedSum[] } {
  const answers = policies.map(({ autoscaler }) => replayPolicy(autoscaler, entries));
  const rows = entries.map((entry, index) => ({
    at: entry.at,
    seconds: secondsOf(entry, entries[index + 1]),
    currentReplicas: entry.currentReplicas,
    decided: entry.desiredReplicas,
    replayed: answers.map((of) => of[index] as ReplayedDecision),
  }));
  const sums = [
    sumOf("decided", rows, ({ decided }) => decided),
    ...policies.map(({ name }, which) => sumOf(name, rows, (row) => row.replayed[which]?.desiredReplicas ?? 0)),
  ];
  return { rows, sums };
}

function secondsOf(entry: JournalEntry, next: JournalEntry | undefined): number {
  return Math.max(0, Date.parse(next?.at ?? entry.until) - Date.parse(entry.at)) / 1000;
}

function sumOf(name: string, rows: readonly ReplayedRow[], replicas: (row: ReplayedRow) => number): ReplayedSum {
  const different = rows.filter((row) => replicas(row) !== row.decided);
  const total = (of: readonly ReplayedRow[], what: (row: ReplayedRow) => number) =>
    of.reduce((sum, row) => sum + what(row), 0);
  return {
    name,
    replicaHours: Number((total(rows, (row) => replicas(row) * row.seconds) / 3600).toPrecision(6)),
    different: different.length,
    differentSeconds: Number(total(different, ({ seconds }) => seconds).toFixed(3)),
  };
}

/** One poll of a recorded decision. */
interface RecordedPoll {
  readonly entry: JournalEntry;
  readonly signals: readonly JournalSignal[];
  readonly now: Instant;
}

/**
 * Decides each recorded situation again by another policy. Open loop: replicas, scalings, counts and learned times are
 * the recorded ones; the policy's own memory continues from poll to poll.
 */
export function replayPolicy(autoscaler: Autoscaler, entries: readonly JournalEntry[]): readonly ReplayedDecision[] {
  const course = new PolicyReplay(autoscaler);
  return entries.map((entry) => {
    const { signals, firstSignals = signals, count } = entry;
    const now = Date.parse(entry.at);
    const first = course.decide({ entry, signals: firstSignals.map((one) => dateBefore(now, one)), now });
    // Later polls decided the same; memory continues from the last of them.
    if (count > 1) course.decide({ entry, signals, now: Date.parse(entry.until) });
    course.happened(entry);
    return { desiredReplicas: first.desiredReplicas, because: first.steps.map((step) => step.because).join("; ") };
  });
}

/** An entry with only the last reading uses it for the first poll too. */
function dateBefore(now: Instant, { readAt, ...signal }: JournalSignal): JournalSignal {
  if (readAt === undefined) return signal;
  return { ...signal, readAt: Date.parse(readAt) > now ? new Date(now).toISOString() : readAt };
}

/** The state that continues from poll to poll. */
class PolicyReplay {
  readonly #autoscaler: Autoscaler;
  readonly #doubtSince = new Map<string, Instant>();
  readonly #states = new Map<string, SignalState>();
  #memory: Memory = {};
  /** Not yet known to a decision. */
  #scalings: NonNullable<JournalEntry["scaled"]>[] = [];

  constructor(autoscaler: Autoscaler) {
    this.#autoscaler = autoscaler;
  }

  decide(look: RecordedPoll): Decision {
    const { entry, now } = look;
    this.#noteScalings(entry);
    const signals: Record<string, SignalState> = {};
    const trusted = new Set<string>();
    const drains: Record<string, DrainMemory> = {};
    for (const { name } of this.#autoscaler.signals) {
      const recorded = findSignal(name, look, this.#autoscaler);
      if (recorded.trust === "ok" || recorded.trust === "zero") trusted.add(name);
      signals[name] = this.#stateOf(name, recorded, now);
      drains[name] = drainOf(recorded, this.#memory.drains?.[name]);
    }
    const { lastScaleAt: _, ...remembered } = { ...this.#memory, drains };
    const workers = workersOf(entry);
    const { jobs } = entry;
    const decision = decideOnSchedule({
      ...(workers === undefined ? {} : { workers }),
      ...(jobs === undefined ? {} : { jobs: { jobs: jobsOfGroups(jobs.groups), knownSince: jobs.knownSince } }),
      // A reading that was trusted then is not stale now.
      autoscaler: withoutAgeing(this.#autoscaler, trusted),
      ...{ currentReplicas: entry.currentReplicas, signals, now },
      memory:
        entry.lastScaleAt === undefined ? remembered : { ...remembered, lastScaleAt: Date.parse(entry.lastScaleAt) },
    });
    this.#memory = decision.memory;
    return decision;
  }

  happened({ scaled }: JournalEntry): void {
    if (scaled !== undefined) this.#scalings.push(scaled);
  }

  /** A scaling counts from the first decision that knew of it. Its time may be in whole seconds. */
  #noteScalings({ lastScaleAt }: JournalEntry): void {
    const isKnown = ({ at }: { readonly at: string }) =>
      lastScaleAt !== undefined && Math.floor(Date.parse(at) / 1000) * 1000 <= Date.parse(lastScaleAt);
    for (const { at, from, to } of this.#scalings.filter(isKnown)) {
      this.#memory = withScaling(this.#memory, this.#autoscaler, to - from, Date.parse(at));
    }
    this.#scalings = this.#scalings.filter((one) => !isKnown(one));
  }

  /** A fall is compared with the poll before; doubt began when it was recorded. */
  #stateOf(name: string, recorded: JournalSignal, now: Instant): SignalState {
    const isTrusted = recorded.trust === "ok" || recorded.trust === "zero";
    if (isTrusted) this.#doubtSince.delete(name);
    else if (!this.#doubtSince.has(name)) this.#doubtSince.set(name, now);
    const doubtSince = this.#doubtSince.get(name);
    const reading = readingOf(recorded);
    const known = reading === undefined ? {} : withReading(this.#states.get(name) ?? {}, reading);
    this.#states.set(name, known);
    return {
      ...known,
      ...(recorded.failure === undefined ? {} : { failure: recorded.failure }),
      ...(doubtSince === undefined ? {} : { doubtSince }),
    };
  }
}

/** Who was busy when the decision was made; of pods only their number was recorded. */
function workersOf({ workers }: JournalEntry): WorkersSeen | undefined {
  if (workers === undefined) return undefined;
  const at = Date.parse(workers.at);
  const { unknown, pods, idle = 0, busy = 0 } = workers;
  if (unknown !== undefined || pods === undefined) return { at, unknown: unknown ?? "it was not recorded" };
  return { at, pods, ...namedWorkers(idle, busy), according: "the journal" };
}

/** Counts and learned times are the recorded ones; only growth by the age guard is the policy's own. */
function drainOf({ trust, seen, learned }: JournalSignal, before: DrainMemory = {}): DrainMemory {
  // A process without a reading has just started and has nothing to compare with.
  const { grown, ...known } = seen ?? (trust === "absent" ? {} : before);
  return {
    ...known,
    ...(learned === undefined ? {} : { learned: { ...learned, at: Date.parse(learned.at) } }),
    ...(before.grown === undefined ? {} : { grown: before.grown }),
  };
}

/** Finds a signal by name; a single signal matches a single recorded one under any name. */
function findSignal(name: string, { signals, entry }: RecordedPoll, autoscaler: Autoscaler): JournalSignal {
  const same = signals.find((signal) => signal.name === name);
  const [only] = signals;
  if (same !== undefined) return same;
  if (only !== undefined && signals.length === 1 && autoscaler.signals.length === 1) return only;
  const known = signals.map((signal) => signal.name).join(", ");
  throw new UserError(
    `the policy's signal ${name} was not recorded at ${entry.at}: the journal has ${known || "none"}`,
  );
}

function readingOf({ readAt, value, arrivalsPerMinute, idleWorkers, ...signal }: JournalSignal): Reading | undefined {
  if (readAt === undefined || value === undefined || value === null) return undefined;
  const reading: Mutable<Reading> = { at: Date.parse(readAt), value };
  if (typeof arrivalsPerMinute === "number") reading.arrivalsPerMinute = arrivalsPerMinute;
  if (idleWorkers !== undefined && idleWorkers !== null) reading.idleWorkers = idleWorkers;
  if (signal.waiting !== undefined) reading.waiting = signal.waiting;
  if (signal.inFlight !== undefined) reading.inFlight = signal.inFlight;
  if (signal.doubts !== undefined) reading.doubts = signal.doubts;
  if (signal.oldestSeconds !== undefined) reading.oldestSeconds = signal.oldestSeconds;
  if (signal.arrived !== undefined) reading.arrived = signal.arrived;
  if (signal.completed !== undefined) reading.completed = signal.completed;
  if (signal.completions !== undefined) reading.completions = signal.completions;
  return reading;
}
