import type { Measure } from "../comparison.ts";
import type { NotedDecision, Series } from "../outcome.ts";

/** A decision that scaled, with the values of its signals. */
export interface ValueDecision extends NotedDecision {
  /** By signal; null if missing. */
  readonly values: Readonly<Record<string, number | null>>;
}

/** The result of one policy on recorded values. JSON values only. */
export interface ValueOutcome {
  readonly policy: string;
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  readonly scalings: { readonly up: number; readonly down: number; readonly reversals: number };
  readonly replicas: { readonly initial: number; readonly mean: number; readonly peak: number; readonly final: number };
  readonly replicaHours: number;
  readonly decisions: number;
  readonly looks: { readonly total: number; readonly failed: number };
  /** Share of time in which the value of the first band was above it, below it, or unknown. */
  readonly band?: { readonly above: number; readonly below: number; readonly unknown: number };
  /** In order. */
  readonly scaled: readonly ValueDecision[];
  readonly scaledDropped: number;
  /** Decisions that scaled or changed their reason. */
  readonly noted: readonly NotedDecision[];
  readonly notedDropped: number;
  readonly series: ValueSeries;
}

/** Columns of equal length. */
interface ValueSeries extends Pick<Series, "at" | "desired" | "minReplicas" | "maxReplicas"> {
  /** By signal; null if missing. */
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
  /** Recorded workers. */
  readonly recorded?: readonly (number | null)[];
}

/** Drops what is too large to keep hundreds of times. */
export function withoutSeries(outcome: ValueOutcome): ValueOutcome {
  const series = { at: [], desired: [], minReplicas: [], maxReplicas: [], values: {} };
  return { ...outcome, scaled: [], scaledDropped: 0, noted: [], notedDropped: 0, series };
}

/** A number by which policies are compared. */
interface ValueMeasure extends Pick<Measure, "name" | "head" | "unit"> {
  readonly of: (outcome: ValueOutcome) => number | undefined;
}

/** The table's columns, in their order. */
export const VALUE_MEASURES: readonly ValueMeasure[] = [
  { name: "replicaHours", head: "replica-h", unit: "hours", of: ({ replicaHours }) => replicaHours },
  { name: "meanReplicas", head: "mean", unit: "count", of: ({ replicas }) => replicas.mean },
  { name: "peakReplicas", head: "peak", unit: "count", of: ({ replicas }) => replicas.peak },
  { name: "finalReplicas", head: "final", unit: "count", of: ({ replicas }) => replicas.final },
  { name: "scaleEvents", head: "scalings", unit: "count", of: ({ scalings }) => scalings.up + scalings.down },
  { name: "reversals", head: "reversals", unit: "count", of: ({ scalings }) => scalings.reversals },
  { name: "shareAbove", head: "above band", unit: "share", of: ({ band }) => band?.above },
  { name: "shareBelow", head: "below", unit: "share", of: ({ band }) => band?.below },
  { name: "shareUnknown", head: "unknown", unit: "share", of: ({ band }) => band?.unknown },
  { name: "looks", head: "looks", unit: "count", of: ({ looks }) => looks.total },
  { name: "failedLooks", head: "failed", unit: "count", of: ({ looks }) => looks.failed },
];
