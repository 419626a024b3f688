import { percent } from "../../core/wording.ts";
import type { ValueOutcome } from "../../lab/values/value-outcome.ts";

/** One number by which policies are compared, and how it is shown. */
export interface ValueMeasure {
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
