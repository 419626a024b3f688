import { percent } from "../../core/wording.ts";
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
