import type { Instant } from "../../core/index.ts";
import { inWords } from "../duration.ts";

/** A recorded series, in columns: a value for each of its times. */
export interface RecordedSeries {
  /** What was read, for people. */
  readonly name: string;
  /** Milliseconds of the epoch, each after the one before. */
  readonly at: Float64Array;
  /** NaN where there is none. */
  readonly values: Float64Array;
  /** How long each point speaks for, in milliseconds: the series' step, or less where the next one comes sooner. */
  readonly spans: Float64Array;
  /** What a reader of the result should know about it, as sentences. */
  readonly remarks: readonly string[];
}

/** What is wrong with a recorded series: a user's mistake. */
export class SeriesError extends Error {
  override readonly name = "SeriesError";
}

/** Between points so far apart there is no gap: steps are never quite even. */
const EVEN = 1.5;

/** The series without the times that have no value. */
export function withoutEmpty(series: RecordedSeries): RecordedSeries {
  const { at, values, spans } = series;
  const has = (_: number, index: number) => !Number.isNaN(values[index]);
  return { ...series, at: at.filter(has), values: values.filter(has), spans: spans.filter(has) };
}

/** The gaps of a series that has a value at each of its times, in words, and what they mean. */
export function gapsOf({ at, spans }: RecordedSeries, meaning: string): readonly string[] {
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
  return [`${many} of ${inWords(longest.ms / 1000)} from ${shownMoment(longest.from)} on: ${meaning}.`];
}

/** A moment as people read it. */
export function shownMoment(at: Instant): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}
