import { z } from "zod";
import { describeProblem, isError } from "../../config/describe-problem.ts";
import { nearName } from "../../config/shared/near-name.ts";
import { schemaProblems } from "../../config/shared/schema-problems.ts";
import { type Autoscaler, FAILURE_KINDS, type Instant, type SignalState, type Situation } from "../../core/index.ts";

// Infinity (1e999) and negative numbers are readings too: implausible ones, and core says so.
const anyNumber = z.custom<number>((value) => typeof value === "number", "expected a number");

const reading = z.strictObject({
  value: anyNumber.nullish(),
  arrivalsPerMinute: anyNumber.nullish(),
  idleWorkers: z.union([anyNumber, z.literal("all")], 'expected a number or "all"').nullish(),
  ageSeconds: anyNumber.nullish(),
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
  const memory = typeof ago === "number" ? { lastScaleAt: now - ago * 1000 } : {};
  return { autoscaler, currentReplicas: line.currentReplicas, signals, memory, now };
}

function signalState(said: ReadingLine, now: Instant): SignalState {
  const { value, arrivalsPerMinute, idleWorkers, ageSeconds, failure, message, failingForSeconds } = said;
  return {
    ...(typeof value === "number"
      ? {
          reading: {
            at: now - (ageSeconds ?? 0) * 1000,
            value,
            ...(typeof arrivalsPerMinute === "number" ? { arrivalsPerMinute } : {}),
            ...(idleWorkers === null || idleWorkers === undefined ? {} : { idleWorkers }),
          },
        }
      : {}),
    ...(failure ? { failure: { kind: failure, message: message ?? "as the situation says" } } : {}),
    // Unless the line says otherwise, the doubt is old enough for any fallback.
    doubtSince: typeof failingForSeconds === "number" ? now - failingForSeconds * 1000 : 0,
  };
}
