/** What one run came to. Everything a table, a report or a search for better settings needs; JSON values only. */
export interface Outcome {
  readonly policy: string;
  readonly seed: number;
  /** Each message by itself, or all in batches. */
  readonly mode: "exact" | "batch";
  /** ISO time of the virtual clock, and how long it ran. */
  readonly startedAt: string;
  readonly seconds: number;
  /** Batch mode counts fractions of messages. */
  readonly messages: {
    readonly arrived: number;
    readonly served: number;
    /** At the end. */
    readonly waiting: number;
    readonly inFlight: number;
    /** Interrupted by the end of a worker's grace, and worked on again. */
    readonly returned: number;
  };
  /** From arrival to the beginning of the work that was finished; for those that waited at the end, until then. */
  readonly waitSeconds: {
    readonly mean: number;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
    /** Percentiles are within this share of the exact ones. */
    readonly relativeError: number;
  };
  readonly objective?: {
    readonly seconds: number;
    /** Share of messages that waited for longer. */
    readonly shareOver: number;
    /** Minutes during which the oldest message was older. */
    readonly minutesOver: number;
  };
  readonly workerHours: {
    /** Starting, ready and stopping. */
    readonly total: number;
    readonly starting: number;
    readonly busy: number;
    readonly idle: number;
    readonly stopping: number;
    /** Of somebody who knows all traffic in advance (statistics/oracle.ts). */
    readonly oracle: number;
    /** total / oracle; absent where the oracle needs none. */
    readonly ratioToOracle?: number;
  };
  readonly replicas: { readonly initial: number; readonly peak: number; readonly final: number };
  readonly scalings: {
    readonly up: number;
    readonly down: number;
    /** In the other direction within 20 minutes. */
    readonly reversals: number;
    /** Workers that had messages when they were told to stop. */
    readonly busyStopped: number;
  };
  /** From a message that found no worker to the first worker that is ready. */
  readonly firstWorkerSeconds?: { readonly times: number; readonly mean: number; readonly max: number };
  readonly looks: { readonly total: number; readonly failed: number };
  readonly decisions: number;
  /** Whether all was done before the run ended. */
  readonly drained: boolean;
  /** Message-seconds in the system, added up over time and over messages: Little's law says that they are equal. */
  readonly littlesLaw: { readonly overTime: number; readonly overMessages: number };
  readonly series: Series;
  /** Those that acted or changed their reason. */
  readonly noted: readonly NotedDecision[];
  readonly notedDropped: number;
}

/** What a chart of a run shows: one entry for each sample, all columns equally long. */
export interface Series {
  /** Seconds from the start. */
  readonly at: number[];
  /** Messages that arrived since the sample before, per minute. */
  readonly arrivalsPerMinute: number[];
  /** The most since the sample before, as looks and samples met it; the same of ages. */
  readonly waiting: number[];
  readonly inFlight: number[];
  readonly oldestSeconds: number[];
  readonly desired: number[];
  readonly ready: number[];
  readonly minReplicas: number[];
  readonly maxReplicas: number[];
}

/** A decision that changed something, or gave another reason than the one before it. */
export interface NotedDecision {
  /** Seconds from the start. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
  /** The rule that spoke last, and what it said. */
  readonly rule: string;
  readonly because: string;
}

export function emptySeries(): Series {
  return {
    at: [],
    arrivalsPerMinute: [],
    waiting: [],
    inFlight: [],
    oldestSeconds: [],
    desired: [],
    ready: [],
    minReplicas: [],
    maxReplicas: [],
  };
}
