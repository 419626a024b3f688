import type { NotedDecision, Series } from "../statistics/series.ts";

/** A decision that was carried out, with what the signals said. */
export interface ValueDecision extends NotedDecision {
  /** By signal; null where it had no value. */
  readonly values: Readonly<Record<string, number | null>>;
}

/** What one policy made of recorded values. JSON values only. */
export interface ValueOutcome {
  readonly policy: string;
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  readonly scalings: { readonly up: number; readonly down: number; readonly reversals: number };
  readonly replicas: { readonly initial: number; readonly mean: number; readonly peak: number; readonly final: number };
  readonly replicaHours: number;
  readonly decisions: number;
  readonly looks: { readonly total: number; readonly failed: number };
  /** Share of the time in which the first signal's value was above its band, below it, and unknown; only with a band. */
  readonly band?: { readonly above: number; readonly below: number; readonly unknown: number };
  /** Those that scaled, in their order. */
  readonly scaled: readonly ValueDecision[];
  readonly scaledDropped: number;
  /** Those that scaled or changed their reason, as charts show them. */
  readonly noted: readonly NotedDecision[];
  readonly notedDropped: number;
  readonly series: ValueSeries;
}

/** What a chart shows, all columns equally long. */
export interface ValueSeries extends Pick<Series, "at" | "desired" | "minReplicas" | "maxReplicas"> {
  /** By signal; null where it had no value. */
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
  /** Workers that there were when it was recorded. */
  readonly recorded?: readonly (number | null)[];
}

/** The same without what makes it large, for where hundreds of them are kept. */
export function withoutCourse(outcome: ValueOutcome): ValueOutcome {
  const series = { at: [], desired: [], minReplicas: [], maxReplicas: [], values: {} };
  return { ...outcome, scaled: [], scaledDropped: 0, noted: [], notedDropped: 0, series };
}
