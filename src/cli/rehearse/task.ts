import type { Autoscaler } from "../../core/index.ts";
import type { Outcome } from "../../lab/outcome.ts";
import type { Rehearsal } from "../../lab/rehearsal.ts";
import { simulate } from "../../lab/simulate.ts";
import { emptySeries } from "../../lab/statistics/series.ts";
import type { Traffic } from "../../lab/traffic/traffic.ts";
import type { SimulateOptions } from "../simulate/simulate-options.ts";

/** What all tasks have in common. Plain values only: it is sent to threads. */
export interface Stage {
  readonly options: SimulateOptions;
  readonly traffic: Traffic;
}

/** One run of one policy. Plain values only: it is sent to threads. */
export interface Task {
  readonly policy: string;
  readonly autoscaler: Autoscaler;
  readonly seed: number;
  /** Keep the series and decisions of the run: too much memory for thousands of runs. */
  readonly withSeries: boolean;
}

/** Plays one run. */
export function play(
  terms: Omit<Rehearsal, "policy" | "autoscaler">,
  { policy, autoscaler, seed, withSeries }: Task,
  progress?: (share: number) => void,
): Outcome {
  const outcome = simulate({ ...terms, policy, autoscaler, seed }, progress);
  return withSeries ? outcome : { ...outcome, series: emptySeries(), noted: [] };
}
