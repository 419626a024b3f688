import type { Instant } from "../../core/index.ts";
import { formatDuration } from "../duration.ts";
import type { Traffic } from "../traffic/traffic.ts";

/** A recorded series, in columns. */
export interface RecordedSeries {
  /** A description for people. */
  readonly name: string;
  /** Milliseconds of the epoch, ascending. */
  readonly at: Float64Array;
  /** NaN if missing. */
  readonly values: Float64Array;
  /** The span of each point in milliseconds: the series' step, or less if the next point comes sooner. */
  readonly spans: Float64Array;
  /** Remarks for the reader of the result, as sentences. */
  readonly remarks: readonly string[];
}

/** Steps up to this many spans are no gap: they are never quite even. */
const EVEN = 1.5;

/** Removes points without a value. */
export function dropMissing(series: RecordedSeries): RecordedSeries {
  const { at, values, spans } = series;
  const has = (_: number, index: number) => !Number.isNaN(values[index]);
  return { ...series, at: at.filter(has), values: values.filter(has), spans: spans.filter(has) };
}

/** Describes the gaps of a series without missing values, and their meaning. */
export function describeGaps({ at, spans }: RecordedSeries, meaning: string): readonly string[] {
  let count = 0;
  let longest = { ms: 0, from: 0 };
  for (let index = 1; index < at.length; index += 1) {
    const [before, span] = [at[index - 1] as number, spans[index - 1] as number];
    const step = (at[index] as number) - before;
    if (step < EVEN * span || step <= span) continue;
    count += 1;
    if (step - span > longest.ms) longest = { ms: step - span, from: before + span };
  }
  if (count === 0) return [];
  const many = count === 1 ? "There is a gap" : `There are ${count} gaps, the longest`;
  return [`${many} of ${formatDuration(longest.ms / 1000)} from ${formatInstant(longest.from)} on: ${meaning}.`];
}

export function formatInstant(at: Instant): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Rows among which the most frequent step is found. */
const SAMPLED = 10_000;
/** The step of a file with a single row. */
const USUAL_MS = 60_000;

export interface Bins extends Pick<Traffic, "binMs" | "spans"> {
  /** Steps longer than a bin, and the excess of the longest. */
  readonly gaps: number;
  readonly longestGapMs: number;
}

/** Finds the bins of rows: the most frequent step, or less if the next row comes sooner. */
export function findBins(at: Float64Array, grainMs: number): Bins {
  const binMs = Math.max(grainMs, mostFrequentStep(at));
  let isEven = true;
  let gaps = 0;
  let longestGapMs = 0;
  for (let index = 1; index < at.length; index += 1) {
    const step = (at[index] as number) - (at[index - 1] as number);
    if (step < binMs) isEven = false;
    if (step < 1.5 * binMs) continue;
    gaps += 1;
    longestGapMs = Math.max(longestGapMs, step - binMs);
  }
  if (isEven) return { binMs, gaps, longestGapMs };
  return { binMs, spans: spansAt(at, binMs), gaps, longestGapMs };
}

/** The span of each row: a step, or less if the next row comes sooner. */
export function spansAt(at: Float64Array, stepMs: number): Float64Array {
  return at.map((moment, index) => Math.min(stepMs, (at[index + 1] ?? Number.POSITIVE_INFINITY) - moment));
}

/** The most frequent step between times, the shortest of equally frequent ones; `otherwise` if there is none. */
export function mostFrequentStep(at: ArrayLike<number>, otherwise = USUAL_MS): number {
  const seen = new Map<number, number>();
  for (let index = 1; index < Math.min(at.length, SAMPLED); index += 1) {
    const step = (at[index] as number) - (at[index - 1] as number);
    seen.set(step, (seen.get(step) ?? 0) + 1);
  }
  let usual = otherwise;
  let most = 0;
  for (const [step, times] of seen) {
    if (times > most || (times === most && step < usual)) [usual, most] = [step, times];
  }
  return usual;
}

/** Recorded values of a signal. */
export interface RecordedValues extends RecordedSeries {
  /** Recorded workers; NaN if missing. */
  readonly replicas?: Float64Array;
}

/** A value holds until the next one, but no longer than this many spans; then it is missing. */
const LONGEST_STEPS = 1.5;

/** The index of the last point at or before a moment; -1 if there is none. */
export function indexAt({ at }: RecordedSeries, moment: Instant): number {
  let low = 0;
  let high = at.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((at[middle] as number) <= moment) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The value in force at a moment; undefined if missing. */
export function valueAt(values: RecordedSeries, moment: Instant): number | undefined {
  const index = indexAt(values, moment);
  const since = moment - (values.at[index] ?? Number.NEGATIVE_INFINITY);
  const value = values.values[index] ?? Number.NaN;
  return Number.isNaN(value) || since >= LONGEST_STEPS * (values.spans[index] ?? 0) ? undefined : value;
}

/** The last number of workers recorded at or before a moment. */
export function replicasAt({ replicas, ...series }: RecordedValues, moment: Instant): number | undefined {
  if (replicas === undefined) return undefined;
  for (let index = indexAt(series, moment); index >= 0; index -= 1) {
    const known = replicas[index] ?? Number.NaN;
    if (!Number.isNaN(known)) return known;
  }
  return undefined;
}
