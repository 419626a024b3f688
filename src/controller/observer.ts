import type { PaceWish } from "../engine/pace.ts";

/** An autoscaler, as far as observations know it. */
export interface Watcher {
  /** Whether its workload has no replicas, so that only a first message matters. */
  readonly isAsleep: boolean;
  /** There is something new in the state of one of its observations. `since`: monotonic milliseconds of the first sign. */
  observed(since: number): void;
}

/** One signal of one autoscaler that wants to know what a look sees. */
export interface Observer extends PaceWish {
  readonly watcher: Watcher;
  /** Whose share of the process's time its answers take. */
  readonly namespace: string;
}
