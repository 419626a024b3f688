import type { Outcome } from "./outcome.ts";

/** One number of an outcome by which policies are compared. */
export interface Measure {
  readonly name: string;
  /** Column's head in a table. */
  readonly head: string;
  readonly unit: "seconds" | "share" | "minutes" | "hours" | "ratio" | "count";
  /** Undefined where the outcome has no such number. */
  readonly of: (outcome: Outcome) => number | undefined;
}

/** Told to programs only: the table has no room for them. */
export const OTHER_MEASURES: readonly Measure[] = [
  { name: "waitMeanSeconds", head: "mean", unit: "seconds", of: ({ waitSeconds }) => waitSeconds.mean },
];

/** The table's columns, in their order. */
export const MEASURES: readonly Measure[] = [
  { name: "waitP50Seconds", head: "wait p50", unit: "seconds", of: ({ waitSeconds }) => waitSeconds.p50 },
  { name: "waitP95Seconds", head: "p95", unit: "seconds", of: ({ waitSeconds }) => waitSeconds.p95 },
  { name: "waitP99Seconds", head: "p99", unit: "seconds", of: ({ waitSeconds }) => waitSeconds.p99 },
  { name: "waitMaxSeconds", head: "max", unit: "seconds", of: ({ waitSeconds }) => waitSeconds.max },
  { name: "shareOverObjective", head: "over objective", unit: "share", of: ({ objective }) => objective?.shareOver },
  { name: "minutesOverObjective", head: "min over", unit: "minutes", of: ({ objective }) => objective?.minutesOver },
  { name: "workerHours", head: "worker-h", unit: "hours", of: ({ workerHours }) => workerHours.total },
  { name: "ratioToOracle", head: "x oracle", unit: "ratio", of: ({ workerHours }) => workerHours.ratioToOracle },
  { name: "peakReplicas", head: "peak", unit: "count", of: ({ replicas }) => replicas.peak },
  { name: "scaleEvents", head: "scalings", unit: "count", of: ({ scalings }) => scalings.up + scalings.down },
  { name: "reversals", head: "reversals", unit: "count", of: ({ scalings }) => scalings.reversals },
  { name: "busyStopped", head: "busy stopped", unit: "count", of: ({ scalings }) => scalings.busyStopped },
  {
    name: "firstWorkerSeconds",
    head: "first worker",
    unit: "seconds",
    of: (outcome) => outcome.firstWorkerSeconds?.mean,
  },
  { name: "looks", head: "looks", unit: "count", of: ({ looks }) => looks.total },
];
