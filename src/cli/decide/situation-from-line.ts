import * as z from "zod";
import { describeProblem, isError } from "../../config/describe-problem.ts";
import { nearName } from "../../config/shared/near-name.ts";
import { schemaProblems } from "../../config/shared/schema-problems.ts";
import {
  type Autoscaler,
  type DrainMemory,
  FAILURE_KINDS,
  type Instant,
  noteLook,
  type Reading,
  type SignalState,
  type Situation,
} from "../../core/index.ts";

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

const situation = z.strictObject({
  autoscaler: z.unknown().optional(),
  currentReplicas: z.int().min(0),
  readings: z.record(z.string(), reading).nullish(),
  lastScaleSecondsAgo: anyNumber.nullish(),
  now: z.iso.datetime({ offset: true, error: "expected a time such as 2024-06-01T12:00:00Z" }).nullish(),
});

/** What one line says, once its manifest is known. */
export type SituationLine = z.output<typeof situation>;
type ReadingLine = z.output<typeof reading>;
type NumbersLine = Pick<ReadingLine, keyof typeof numbers>;

/** A line that cannot be understood. */
export class LineError extends Error {
  override readonly name = "LineError";
}

/** A JSON text's value. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LineError(`expected JSON, got something else: ${(error as Error).message}`);
  }
}

/** Reads one line. */
export function parseLine(line: string): SituationLine {
  const value = parseJson(line);
  const parsed = situation.safeParse(value);
  if (parsed.success) return parsed.data;
  const unknown = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => unknownKey(key, issue.path.length > 0)) : [],
  );
  const others = new z.ZodError(parsed.error.issues.filter(({ code }) => code !== "unrecognized_keys"));
  throw new LineError([...schemaProblems(others, value).filter(isError).map(describeProblem), ...unknown].join("; "));
}

function unknownKey(key: string, inReading: boolean): string {
  const known = Object.keys(inReading ? reading.shape : situation.shape);
  const near = nearName(key, known);
  return `unknown field ${JSON.stringify(key)} (${near === undefined ? `known: ${known.join(", ")}` : `did you mean ${near}?`})`;
}

/** The situation that a line describes, at the moment that it names or else the usual one. */
export function situationFrom(line: SituationLine, autoscaler: Autoscaler, usual: Instant): Situation {
  const now = line.now ? Date.parse(line.now) : usual;
  const signals: Record<string, SignalState> = {};
  for (const [name, said] of Object.entries(line.readings ?? {})) {
    if (!autoscaler.signals.some((signal) => signal.name === name)) {
      const known = autoscaler.signals.map((signal) => signal.name);
      throw new LineError(`readings.${name}: expected the name of a signal (${known.join(", ")})`);
    }
    signals[name] = signalState(said, now);
  }
  const ago = line.lastScaleSecondsAgo;
  const drains = drainsFrom(line, autoscaler, now);
  const memory = {
    ...(typeof ago === "number" ? { lastScaleAt: now - ago * 1000 } : {}),
    ...(Object.keys(drains).length === 0 ? {} : { drains }),
  };
  return { autoscaler, currentReplicas: line.currentReplicas, signals, memory, now };
}

function signalState(said: ReadingLine, now: Instant): SignalState {
  const { failure, message, failingForSeconds } = said;
  const reading = readingFrom(said, now);
  return {
    ...(reading === undefined ? {} : { reading }),
    ...(failure ? { failure: { kind: failure, message: message ?? "as the situation says" } } : {}),
    // Unless the line says otherwise, the doubt is old enough for any fallback.
    doubtSince: typeof failingForSeconds === "number" ? now - failingForSeconds * 1000 : 0,
  };
}

/** How practo's controller writes that it does not know, also in wpa_worker_idle. */
const UNKNOWN_IDLE = -1;

const COUNTS = ["waiting", "inFlight", "oldestSeconds", "arrivalsPerMinute", "arrived", "completed"] as const;

/** A queue's value is what waits and what is in flight, and need not be said beside them. */
function readingFrom(said: NumbersLine, now: Instant): Reading | undefined {
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

/** What drain rules would remember of the earlier looks. */
function drainsFrom(line: SituationLine, { signals }: Autoscaler, now: Instant): Record<string, DrainMemory> {
  const drains: Record<string, DrainMemory> = {};
  for (const { name, rule, freshnessSeconds } of signals) {
    const { earlier, learned } = line.readings?.[name] ?? {};
    if (rule.kind !== "drain") continue;
    const longestPauseMs = freshnessSeconds * 1000;
    const terms = { rule, longestPauseMs, longestGapMs: longestPauseMs, replicas: line.currentReplicas };
    let memory: DrainMemory = learned ? { learned: { ...learned, at: now - learned.agoSeconds * 1000 } } : {};
    const looks = (earlier ?? []).flatMap((one) => readingFrom(one, now) ?? []);
    for (const look of looks.sort((one, other) => one.at - other.at)) {
      memory = noteLook(memory, look, { ...terms, lastScaleAt: undefined });
    }
    drains[name] = memory;
  }
  return drains;
}
