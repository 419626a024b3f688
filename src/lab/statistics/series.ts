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
