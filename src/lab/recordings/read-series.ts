import { type Backoff, pauseAfter } from "../../core/index.ts";
import { pause } from "../../shared/async.ts";
import { UserError } from "../../shared/user-error.ts";
import type { History, HistoryPart, HistoryPoint, HistoryRange, HistoryTraits } from "../../sources/shared/source.ts";
import { OversizedAnswerError, SourceError } from "../../sources/shared/source-error.ts";
import { formatDuration } from "../duration.ts";
import { formatInstant, mostFrequentStep, type RecordedSeries, spansAt } from "./recorded-series.ts";

/** About 70 MB: six years of minutes. */
export const MOST_POINTS = 3_000_000;
/** Failures in a row of a server that has answered before. */
const MOST_FAILURES = 4;
const PAUSES: Backoff = { firstMilliseconds: 500, longestMilliseconds: 8_000 };
const PASSING: ReadonlySet<string> = new Set(["Unavailable", "Throttled", "TimedOut"]);
const MOST_WARNINGS = 5;
const TOO_DENSE = "expected an answer of a few megabytes for one --step, got a larger one: summarize the series";

interface SeriesQuestion {
  readonly name: string;
  readonly history: History;
  readonly traits: HistoryTraits;
  readonly range: HistoryRange;
  /** Date points by the beginning of their span, as counts and rates need, even if the server dates them by its end. */
  readonly isDatedByBeginning: boolean;
  readonly progress?: (share: number) => void;
  readonly signal: AbortSignal;
}

/** Reads a series over a range, in requests of as many points as the server returns. */
export async function readSeries(question: SeriesQuestion): Promise<RecordedSeries> {
  const { traits, range, name, progress } = question;
  const stepMs = range.stepSeconds * 1000;
  let points = traits.mostPoints;
  const columns = new SeriesColumns(name);
  const warnings = new Set<string>();
  for (let from = range.from; from < range.to; ) {
    const chunk = { ...range, from, to: Math.min(range.to, from + points * stepMs) };
    const part = await readChunk(question, chunk, from > range.from);
    if (part === "too much" && points > 1) {
      points = Math.ceil(points / 4);
      continue;
    }
    if (part === "too much") throw new UserError(`${name}: ${TOO_DENSE}`);
    from = chunk.to;
    for (const warning of part.warnings ?? []) warnings.add(warning);
    columns.add(part.points, chunk, { stepMs, traits });
    progress?.((chunk.to - range.from) / (range.to - range.from));
  }
  const told = [...warnings].slice(0, MOST_WARNINGS).map((warning) => `The server warns: ${warning}.`);
  return columns.take([...told, ...shortfalls(columns, range)]);
}

/** A series with its own step may return far more points than requested. */
async function readChunk(
  question: SeriesQuestion,
  chunk: HistoryRange,
  hasAnswered: boolean,
): Promise<HistoryPart | "too much"> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await ask(question, chunk);
    } catch (error) {
      if (error instanceof OversizedAnswerError && question.traits.step === "own") return "too much";
      const isPassing = error instanceof SourceError && PASSING.has(error.kind);
      if (!isPassing || !hasAnswered || failures === MOST_FAILURES) throw error;
      await pause(pauseAfter(failures, PAUSES, Math.random), question.signal);
    }
  }
}

async function ask({ history, traits, isDatedByBeginning, signal }: SeriesQuestion, chunk: HistoryRange) {
  if (!isDatedByBeginning || traits.pointsAt === "begin") return history.read(chunk, signal);
  const shift = chunk.stepSeconds * 1000;
  const part = await history.read({ ...chunk, from: chunk.from + shift, to: chunk.to + shift }, signal);
  return { ...part, points: part.points.map(({ at, value }) => ({ at: at - shift, value })) };
}

/** Remarks on a series that begins later or ends sooner than requested. */
function shortfalls({ firstAt, lastEnd }: SeriesColumns, { from, to, stepSeconds }: HistoryRange): readonly string[] {
  if (firstAt === Number.POSITIVE_INFINITY) return [];
  const slackMs = 2 * stepSeconds * 1000;
  const late =
    firstAt - from > slackMs
      ? [
          `The history begins at ${formatInstant(firstAt)}: nothing is known of the ${formatDuration((firstAt - from) / 1000)} before.`,
        ]
      : [];
  const soon =
    to - lastEnd > slackMs
      ? [
          `The history ends at ${formatInstant(lastEnd)}: nothing is known of the ${formatDuration((to - lastEnd) / 1000)} after.`,
        ]
      : [];
  return [...late, ...soon];
}

/** Collects the points of a series chunk by chunk. */
class SeriesColumns {
  firstAt = Number.POSITIVE_INFINITY;
  lastEnd = Number.NEGATIVE_INFINITY;
  readonly #name: string;
  readonly #parts: { readonly at: Float64Array; readonly values: Float64Array; readonly spans: Float64Array }[] = [];
  #size = 0;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(name: string) {
    this.#name = name;
  }

  add(
    given: readonly HistoryPoint[],
    { from, to }: HistoryRange,
    { stepMs, traits }: { readonly stepMs: number; readonly traits: HistoryTraits },
  ): void {
    const points = sortPoints(given).filter(({ at }) => at >= from && at < to && at > this.#lastAt);
    this.#size += points.length;
    if (this.#size > MOST_POINTS) throw new UserError(`${this.#name}: ${describeExcess("more than that")}`);
    const at = Float64Array.from(points, (point) => point.at);
    const step = traits.step === "asked" ? stepMs : mostFrequentStep(at, stepMs);
    this.#parts.push({
      at,
      values: Float64Array.from(points, ({ value }) => value ?? Number.NaN),
      spans: spansAt(at, step),
    });
    this.#lastAt = at.at(-1) ?? this.#lastAt;
    this.#note(points, step);
  }

  take(remarks: readonly string[]): RecordedSeries {
    const joined = (column: "at" | "values" | "spans") => {
      const whole = new Float64Array(this.#size);
      let offset = 0;
      for (const part of this.#parts) {
        whole.set(part[column], offset);
        offset += part[column].length;
      }
      return whole;
    };
    return { name: this.#name, at: joined("at"), values: joined("values"), spans: joined("spans"), remarks };
  }

  #note(points: readonly HistoryPoint[], stepMs: number): void {
    const known = points.filter(({ value }) => value !== undefined);
    this.firstAt = Math.min(this.firstAt, known[0]?.at ?? Number.POSITIVE_INFINITY);
    this.lastEnd = Math.max(this.lastEnd, (known.at(-1)?.at ?? Number.NEGATIVE_INFINITY) + stepMs);
  }
}

/** Rows of SQL have no order. */
function sortPoints(points: readonly HistoryPoint[]): readonly HistoryPoint[] {
  const sorted = points.toSorted((one, other) => one.at - other.at);
  const twice = sorted.find(({ at }, index) => at === sorted[index + 1]?.at);
  if (twice === undefined) return sorted;
  throw new UserError(`expected one point a time, got several at ${formatInstant(twice.at)}: group the query by time`);
}

export function describeExcess(got: number | string): string {
  return `expected at most ${MOST_POINTS} points, got ${got}: choose a longer --step, or a shorter time`;
}
