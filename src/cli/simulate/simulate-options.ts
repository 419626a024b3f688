import type { HistoryOptions } from "../history/history-options.ts";
import type { PictureOptions } from "../pictures/picture-options.ts";
import type { DefaultsOptions } from "../shared/options.ts";
import type { ValuesOptions } from "../values/values-options.ts";

/** What commander makes of the options of `muster simulate`. */
export interface SimulateOptions extends DefaultsOptions, HistoryOptions, PictureOptions, ValuesOptions {
  readonly filename?: readonly string[];
  readonly traffic?: string;
  readonly journal?: string;
  readonly of?: string;
  readonly kind?: string;
  readonly arrivals?: string;
  readonly timeColumn?: string;
  readonly countColumn?: string;
  readonly serviceColumn?: string;
  readonly serviceScale?: string;
  readonly share: string;
  readonly timeZone?: string;
  readonly from?: string;
  readonly to?: string;
  readonly allowFuture?: true;
  readonly service: string;
  readonly serviceShape: "fixed" | "exponential" | "lognormal";
  readonly serviceCv?: string;
  readonly concurrency: string;
  readonly startUp: string;
  readonly startUpJitter: string;
  readonly grace: string;
  readonly victims: "newest" | "idle";
  readonly replicas?: string;
  readonly lookInterval?: string;
  readonly lag: string;
  readonly hiddenLag: string;
  readonly outage: readonly string[];
  readonly sees: readonly string[];
  readonly objective: string;
  readonly drain: string;
  readonly seed: string;
  readonly runs: string;
  readonly sweep?: readonly string[];
  readonly sweepLimit?: string;
  readonly threads?: string;
  readonly mode?: "exact" | "batch";
  readonly output: "table" | "json";
  readonly series?: true;
}
