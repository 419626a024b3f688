import type { Instant } from "../../core/index.ts";
import type { RecordedSeries } from "../history/recorded-series.ts";

/** What a signal's value was, over time. */
export interface RecordedValues extends RecordedSeries {
  /** Workers that there were then, where that was recorded; NaN where it was not. */
  readonly replicas?: Float64Array;
}

/** A value holds until the next one, but no longer than so many of its steps: then it is missing. */
const LONGEST_STEPS = 1.5;

/** The index of the last point at or before a moment; -1 before the first. */
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

/** The value that held at a moment; undefined where there was none. */
export function valueAt(values: RecordedSeries, moment: Instant): number | undefined {
  const index = indexAt(values, moment);
  const since = moment - (values.at[index] ?? Number.NEGATIVE_INFINITY);
  const value = values.values[index] ?? Number.NaN;
  return Number.isNaN(value) || since >= LONGEST_STEPS * (values.spans[index] ?? 0) ? undefined : value;
}

/** The workers that there were at a moment: the last number that was recorded by then. */
export function replicasAt({ replicas, ...series }: RecordedValues, moment: Instant): number | undefined {
  if (replicas === undefined) return undefined;
  for (let index = indexAt(series, moment); index >= 0; index -= 1) {
    const known = replicas[index] ?? Number.NaN;
    if (!Number.isNaN(known)) return known;
  }
  return undefined;
}
