import type { Command } from "commander";
import { ARRIVAL_KINDS } from "../lab/recordings/arrivals-of-series.ts";
import type { TuneOptions } from "./run-tune.ts";
import { withExamples } from "./shared/help.ts";
import { addDefaultsOptions, appendWord } from "./shared/options.ts";
import { addPictureOptions } from "./shared/pictures.ts";
import { addHistoryOptions, addTrafficOptions, addWorkerOptions, addWorldOptions } from "./shared/rehearsal-options.ts";

/** `muster tune`: the cheapest setting of a policy that keeps waits within an objective. */
export function addTune(program: Command): void {
  const command = program
    .command("tune")
    .summary("find the cheapest setting of a policy that keeps waits within an objective")
    .description(
      "Rehearse a policy with many values of its important fields, and find the cheapest with which messages wait no\n" +
        "longer than --objective. Prints the manifest with these values and the findings as comments; exits with status 1\n" +
        "if no setting meets the objective, or the best one fails on the traffic that was held out.",
    )
    .option("-f, --filename <file>", "a manifest or PHPA file with one autoscaler")
    .option("--within <percent>", "percentage of messages that must meet --objective", "95")
    .option(
      "--vary <field[=values]>",
      "tune this field instead of the default ones, with these values; may be repeated",
      appendWord,
      [],
    )
    .option("--tries <count>", "combinations to start with", "150")
    .option("--held-out <share>", "last part of recorded traffic, to check the result on", "0.3")
    .option("--write <file>", "write the manifest to this file; it may be the input");
  addTrafficOptions(command);
  addHistoryOptions(command, ARRIVAL_KINDS);
  addWorkerOptions(command);
  addWorldOptions(command, "5");
  addPictureOptions(command, {
    chart: "cost against wait of all settings tried, with the frontier and the result",
    page: "the same as an HTML page, with linked charts of the result and the present setting",
  });
  command.action(async (options: TuneOptions) => {
    const { runTune } = await import("./run-tune.ts");
    process.exitCode = await runTune(options);
  });
  addDefaultsOptions(command.optionsGroup("Defaults of `muster run`, for what a manifest leaves open:"));
  withExamples(command, {
    "95 % of messages within a minute, for last month's traffic; jobs of 3 s":
      "muster tune -f wpa.yaml --objective 60s --arrivals requests.csv.gz --service 3s",
    "99 % within ten seconds; changes the file in place":
      "muster tune -f wpa.yaml --objective 10s --within 99 --traffic daily --service 3s --write wpa.yaml",
    "these fields and values only":
      "muster tune -f wpa.yaml --traffic daily --vary spec.targetMessagesPerWorker=5..50/5 --vary spec.minReplicas=0..2",
  });
}
