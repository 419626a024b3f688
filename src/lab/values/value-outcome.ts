import { percent } from "../../core/wording.ts";
import type { NotedDecision, Series } from "../outcome.ts";

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
interface ValueSeries extends Pick<Series, "at" | "desired" | "minReplicas" | "maxReplicas"> {
  /** By signal; null where it had no value. */
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
  /** Workers that there were when it was recorded. */
  readonly recorded?: readonly (number | null)[];
}

/** The same without what makes it large, for where hundreds of them are kept. */
export function withoutSeries(outcome: ValueOutcome): ValueOutcome {
  const series = { at: [], desired: [], minReplicas: [], maxReplicas: [], values: {} };
  return { ...outcome, scaled: [], scaledDropped: 0, noted: [], notedDropped: 0, series };
}

/** One number by which policies are compared, and how it is shown. */
interface ValueMeasure {
  readonly name: string;
  readonly head: string;
  readonly of: (outcome: ValueOutcome) => number | undefined;
  readonly shown: (value: number) => string;
}

const number = (value: number) => String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));

/** The table's columns, in their order. */
export const VALUE_MEASURES: readonly ValueMeasure[] = [
  { name: "replicaHours", head: "replica-h", of: ({ replicaHours }) => replicaHours, shown: number },
  { name: "meanReplicas", head: "mean", of: ({ replicas }) => replicas.mean, shown: number },
  { name: "peakReplicas", head: "peak", of: ({ replicas }) => replicas.peak, shown: number },
  { name: "finalReplicas", head: "final", of: ({ replicas }) => replicas.final, shown: number },
  { name: "scaleEvents", head: "scalings", of: ({ scalings }) => scalings.up + scalings.down, shown: number },
  { name: "reversals", head: "reversals", of: ({ scalings }) => scalings.reversals, shown: number },
  { name: "shareAbove", head: "above band", of: ({ band }) => band?.above, shown: percent },
  { name: "shareBelow", head: "below", of: ({ band }) => band?.below, shown: percent },
  { name: "shareUnknown", head: "unknown", of: ({ band }) => band?.unknown, shown: percent },
  { name: "looks", head: "looks", of: ({ looks }) => looks.total, shown: number },
  { name: "failedLooks", head: "failed", of: ({ looks }) => looks.failed, shown: number },
];
