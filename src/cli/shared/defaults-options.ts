import type { Command } from "commander";

/** What commander makes of the options below. */
export interface DefaultsOptions {
  readonly scaleDownDelayAfterLastScaleActivity: string;
  readonly wpaDefaultMaxDisruption: string;
  readonly freshness: string;
}

/** Adds the controller's flags that say how WorkerPodAutoScalers are read; the values are those of its flags. */
export function addDefaultsOptions(command: Command): Command {
  return command
    .option(
      "--scale-down-delay-after-last-scale-activity <seconds>",
      "seconds after a scaling before a scale-down",
      "600",
    )
    .option(
      "--wpa-default-max-disruption <limit>",
      "for objects without maxDisruption: a percentage or a count",
      "100%",
    )
    .option("--freshness <seconds>", "seconds for which a reading of a queue counts as fresh", "120");
}
