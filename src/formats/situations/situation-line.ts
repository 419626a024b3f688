import * as z from "zod";
import {
  type Autoscaler,
  type DrainMemory,
  FAILURE_KINDS,
  type FailureKind,
  type Instant,
  jobsOfGroups,
  type Memory,
  noteLook,
  type Reading,
  type ReadingFailure,
  type SignalState,
  type Situation,
} from "../../core/index.ts";
import { nearName } from "../../shared/near-name.ts";
import { type ValuedWindow, windowValue } from "../../sources/cron.ts";
import { describeProblem, fieldPath, isError, schemaProblems } from "../problems.ts";
import { LineError, parseJson, type StatedMemory, statedMemory, toMemory } from "./stated-memory.ts";

/** What a manifest says: the autoscaler, and what its status remembers. */
export interface Manifest {
  readonly autoscaler: Autoscaler;
  /** The last scaling, and what drain rules learned. */
  readonly memory: Memory;
  /** Its status.memory, which each line has to fit. */
  readonly stated: StatedMemory | undefined;
}

// Infinity (1e999) and negative numbers are readings too: implausible ones, and core says so.
const anyNumber = z.custom<number>((value) => typeof value === "number", "expected a number");

const numbers = {
  value: anyNumber.nullish(),
  waiting: anyNumber.nullish(),
  inFlight: anyNumber.nullish(),
  oldestSeconds: anyNumber.nullish(),
  arrivalsPerMinute: anyNumber.nullish(),
  arrived: anyNumber.nullish(),
  completed: anyNumber.nullish(),
  idleWorkers: z.union([anyNumber, z.literal("all")], 'expected a number or "all"').nullish(),
  ageSeconds: anyNumber.nullish(),
};

const reading = z.strictObject({
  ...numbers,
  earlier: z.array(z.strictObject(numbers)).nullish(),
  learned: z.strictObject({ secondsPerMessage: anyNumber, messages: anyNumber, agoSeconds: anyNumber }).nullish(),
  failure: z.enum(FAILURE_KINDS).nullish(),
  message: z.string().nullish(),
  failingForSeconds: anyNumber.nullish(),
});

const jobCount = z.int("expected a whole number").min(0, "expected 0 or more").default(0);

/** Beside a jobTemplate: its Jobs, as they were when the readings were made and since. */
const jobCounts = z.strictObject({
  ...{ running: jobCount, pending: jobCount, createdSince: jobCount, endedSince: jobCount },
});

const situation = z.strictObject({
  autoscaler: z.unknown().optional(),
  currentReplicas: z.int().min(0),
  readings: z.record(z.string(), reading).nullish(),
  jobs: jobCounts.nullish(),
  lastScaleSecondsAgo: anyNumber.nullish(),
  memory: statedMemory.nullish(),
  now: z.iso.datetime({ offset: true, error: "expected a time such as 2024-06-01T12:00:00Z" }).nullish(),
});

/** What one line says, once its manifest is known. */
export type SituationLine = z.output<typeof situation>;
type ReadingLine = z.output<typeof reading>;
type NumbersLine = Pick<ReadingLine, keyof typeof numbers>;

/** Reads one line. */
export function parseLine(line: string): SituationLine {
  const value = parseJson(line);
  const parsed = situation.safeParse(value);
  if (parsed.success) return parsed.data;
  const unknown = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => unknownKey(key, issue.path)) : [],
  );
  const others = new z.ZodError(parsed.error.issues.filter(({ code }) => code !== "unrecognized_keys"));
  throw new LineError([...schemaProblems(others, value).filter(isError).map(describeProblem), ...unknown].join("; "));
}

function unknownKey(key: string, path: readonly PropertyKey[]): string {
  const known = Object.keys(shapeAt(path));
  const near = nearName(key, known);
  const place = path.length === 0 ? "" : `${fieldPath(path)}: `;
  return `${place}unknown field ${JSON.stringify(key)} (${near === undefined ? `known: ${known.join(", ")}` : `did you mean ${near}?`})`;
}

function shapeAt([first, second]: readonly PropertyKey[]): object {
  if (first === undefined) return situation.shape;
  if (first === "jobs") return jobCounts.shape;
  if (first !== "memory") return reading.shape;
  if (second === undefined) return statedMemory.shape;
  const stated = statedMemory.shape[second as keyof typeof statedMemory.shape].unwrap().unwrap();
  return "element" in stated ? stated.element.shape : stated.shape;
}

/** The situation that a line describes, at the moment that it names or else the usual one. */
export function toSituation(line: SituationLine, manifest: Manifest, usual: Instant): Situation {
  const { autoscaler } = manifest;
  const now = line.now ? Date.parse(line.now) : usual;
  const signals: Record<string, SignalState> = {};
  for (const [name, said] of Object.entries(line.readings ?? {})) {
    const signal = autoscaler.signals.find((one) => one.name === name);
    if (signal === undefined) {
      const names = autoscaler.signals.map((one) => one.name);
      throw new LineError(`readings.${name}: expected the name of a signal (${names.join(", ")})`);
    }
    for (const field of ["earlier", "learned"] as const) {
      if (!said[field] || signal.rule.kind === "drain") continue;
      throw new LineError(`readings.${name}.${field}: expected none, as ${name} has no drain rule that would use it`);
    }
    signals[name] = toSignalState(said, now);
  }
  for (const { name, source } of autoscaler.signals) {
    if (source.type !== "cron" || signals[name] !== undefined) continue;
    signals[name] = { reading: { at: now, value: windowValue(source.settings as unknown as ValuedWindow)(now) } };
  }
  const memory = mergeMemory(line, manifest, now);
  return { autoscaler, currentReplicas: line.currentReplicas, signals, memory, now, ...toJobs(line, autoscaler) };
}

/** The Jobs that a line counts, before and after all that was read. */
function toJobs({ jobs, currentReplicas }: SituationLine, autoscaler: Autoscaler): Pick<Situation, "jobs"> {
  if (!jobs) return {};
  if (autoscaler.jobs === undefined) throw new LineError("jobs: expected none, as the autoscaler has no jobTemplate");
  const { running, pending, createdSince, endedSince } = jobs;
  const unfinished = running + pending + createdSince;
  if (unfinished !== currentReplicas) {
    throw new LineError(
      `jobs: expected running, pending and createdSince to add up to currentReplicas (${currentReplicas}), got ${unfinished}`,
    );
  }
  const [before, after] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const groups = [
    { count: running, createdAt: before, workingSince: before },
    { count: pending, createdAt: before },
    { count: createdSince, createdAt: after },
    { count: endedSince, createdAt: before, workingSince: before, endedAt: after },
  ];
  return { jobs: { jobs: jobsOfGroups(groups), knownSince: before } };
}

/** The memory that the line states, completed from the manifest's status. */
function mergeMemory(line: SituationLine, { autoscaler, memory: known, stated }: Manifest, now: Instant): Memory {
  const said = line.memory ?? stated;
  const path = line.memory ? "memory" : "autoscaler.status.memory";
  const { recommendations, scalings, activity } = said ? toMemory(said, path, autoscaler, now) : {};
  const newest = scalings?.at(-1)?.at;
  const ago = line.lastScaleSecondsAgo;
  const lastScaleAt =
    typeof ago === "number" ? now - ago * 1000 : ago === null ? undefined : (newest ?? known.lastScaleAt);
  if (newest !== undefined && (lastScaleAt ?? Number.NEGATIVE_INFINITY) < newest) {
    const expected = `expected at most ${(now - newest) / 1000}, as the newest of ${path}.scalings has it`;
    throw new LineError(`lastScaleSecondsAgo: ${expected}, got ${ago}`);
  }
  const drains = toDrainMemories(line, autoscaler, known.drains, now);
  return {
    ...(lastScaleAt === undefined ? {} : { lastScaleAt }),
    ...(recommendations && { recommendations }),
    ...(scalings && { scalings }),
    ...(activity && { activity }),
    ...(Object.keys(drains).length === 0 ? {} : { drains }),
  };
}

function toSignalState(said: ReadingLine, now: Instant): SignalState {
  const { failure, message, failingForSeconds } = said;
  const reading = toReading(said, now);
  return {
    ...(reading === undefined ? {} : { reading }),
    ...(failure ? { failure: toFailure(failure, message) } : {}),
    // Unless the line says otherwise, the doubt is old enough for any fallback.
    doubtSince: typeof failingForSeconds === "number" ? now - failingForSeconds * 1000 : 0,
  };
}

/** NotFound is an answer without data, for which the signal may have a value. */
function toFailure(kind: FailureKind, message: string | null | undefined): ReadingFailure {
  const failure = { kind, message: message ?? "as the situation says" };
  return kind === "NotFound" ? { ...failure, isEmpty: true } : failure;
}

/** What practo's controller writes for an unknown number, also in wpa_worker_idle. */
const UNKNOWN_IDLE = -1;

const COUNTS = ["waiting", "inFlight", "oldestSeconds", "arrivalsPerMinute", "arrived", "completed"] as const;

/** A queue's value is what waits and what is in flight; a line may leave it out. */
function toReading(said: NumbersLine, now: Instant): Reading | undefined {
  const { idleWorkers, ageSeconds, waiting, inFlight } = said;
  const isQueue = typeof waiting === "number";
  const value = said.value ?? (isQueue ? waiting + (inFlight ?? 0) : undefined);
  if (typeof value !== "number") return undefined;
  const counts = COUNTS.flatMap((name) => (typeof said[name] === "number" ? [[name, said[name]] as const] : []));
  return {
    at: now - (ageSeconds ?? 0) * 1000,
    value,
    ...Object.fromEntries(counts),
    ...(idleWorkers === null || idleWorkers === undefined || idleWorkers === UNKNOWN_IDLE ? {} : { idleWorkers }),
  };
}

/** What drain rules would remember of the earlier readings. */
function toDrainMemories(
  line: SituationLine,
  { signals }: Autoscaler,
  known: Memory["drains"],
  now: Instant,
): Record<string, DrainMemory> {
  const drains: Record<string, DrainMemory> = {};
  for (const { name, rule, freshnessSeconds } of signals) {
    const { earlier, learned } = line.readings?.[name] ?? {};
    if (rule.kind !== "drain") continue;
    const longestPauseMs = freshnessSeconds * 1000;
    const terms = { rule, longestPauseMs, longestGapMs: longestPauseMs, replicas: line.currentReplicas };
    let memory: DrainMemory = learned
      ? { learned: { ...learned, at: now - learned.agoSeconds * 1000 } }
      : (known?.[name] ?? {});
    const readings = (earlier ?? []).flatMap((one) => toReading(one, now) ?? []);
    for (const reading of readings.sort((one, other) => one.at - other.at)) {
      memory = noteLook(memory, reading, { ...terms, lastScaleAt: undefined });
    }
    drains[name] = memory;
  }
  return drains;
}
