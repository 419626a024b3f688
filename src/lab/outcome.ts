/** The result of one run, for tables, reports and searches. JSON values only. */
export interface Outcome {
  readonly policy: string;
  readonly seed: number;
  readonly mode: "exact" | "batch";
  /** ISO time of the virtual clock. */
  readonly startedAt: string;
  readonly seconds: number;
  /** Batch mode counts fractions of messages. */
  readonly messages: {
    readonly arrived: number;
    readonly served: number;
    /** At the end. */
    readonly waiting: number;
    readonly inFlight: number;
    /** Interrupted by the end of a worker's grace, and returned to the queue. */
    readonly returned: number;
  };
  /** From arrival to the start of the work that finished; to the end of the run for messages still waiting. */
  readonly waitSeconds: {
    readonly mean: number;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
    /** Largest relative error of a percentile. */
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
    /** Of a planner that knows all traffic in advance (plant/ledger.ts, Oracle). */
    readonly oracle: number;
    /** total / oracle; absent if the oracle needs none. */
    readonly ratioToOracle?: number;
    /** total, and the price of every worker that had messages when it was stopped; absent without a price. */
    readonly withInterruptions?: number;
  };
  readonly replicas: { readonly initial: number; readonly peak: number; readonly final: number };
  readonly scalings: {
    readonly up: number;
    readonly down: number;
    /** In the other direction within 20 minutes. */
    readonly reversals: number;
    /** Workers that had messages when they were stopped. */
    readonly busyStopped: number;
  };
  /** From a message that found no worker to the first ready worker. */
  readonly firstWorkerSeconds?: { readonly times: number; readonly mean: number; readonly max: number };
  readonly looks: { readonly total: number; readonly failed: number };
  readonly decisions: number;
  /** Whether all was done before the run ended. */
  readonly drained: boolean;
  /** Message-seconds in the system, summed over time and over messages: equal by Little's law. */
  readonly littlesLaw: { readonly overTime: number; readonly overMessages: number };
  readonly series: Series;
  /** Decisions that acted or changed their reason. */
  readonly noted: readonly NotedDecision[];
  readonly notedDropped: number;
}

/** What a run cost in worker-hours, interrupted workers included where they have a price. */
export function hoursCharged({ workerHours: { total, withInterruptions = total } }: Outcome): number {
  return withInterruptions;
}

/** Samples of a run, in columns of equal length. */
export interface Series {
  /** Seconds from the start. */
  readonly at: number[];
  readonly arrivalsPerMinute: number[];
  /** Maximum since the previous sample; so is oldestSeconds. */
  readonly waiting: number[];
  readonly inFlight: number[];
  readonly oldestSeconds: number[];
  readonly desired: number[];
  readonly ready: number[];
  readonly minReplicas: number[];
  readonly maxReplicas: number[];
}

/** A decision that changed something or gave a new reason. */
export interface NotedDecision {
  /** Seconds from the start. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
  /** The last rule and its reason. */
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
