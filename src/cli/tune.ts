import type { Command } from "commander";
import { ARRIVAL_KINDS } from "../lab/recordings/arrivals-of-series.ts";
import type { TuneOptions } from "./run-tune.ts";
import { withExamples } from "./shared/help.ts";
import { addDefaultsOptions, appendWord } from "./shared/options.ts";
import { addPictureOptions } from "./shared/pictures.ts";
import { addHistoryOptions, addTrafficOptions, addWorkerOptions, addWorldOptions } from "./shared/rehearsal-options.ts";

/** `muster tune`: the cheapest setting of a policy with which messages wait no longer than they may. */
export function addTune(program: Command): void {
  const command = program
    .command("tune")
    .summary("find the cheapest setting of a policy that keeps waits within an objective")
    .description(
      "Rehearse a policy with many values of the fields that matter, and find the cheapest ones with which messages wait\n" +
        "no longer than --objective. Prints the manifest with them, and what was found as its comment; exit status 1 where\n" +
        "nothing meets the objective, or does so on the traffic that was held out.",
    )
    .option("-f, --filename <file>", "a manifest or PHPA file with one autoscaler")
    .option("--within <percent>", "so many messages in a hundred must wait no longer than --objective", "95")
    .option(
      "--vary <field[=values]>",
      "tune this field instead of the usual ones, with these values; may be repeated",
      appendWord,
      [],
    )
    .option("--tries <count>", "combinations to begin with", "150")
    .option("--held-out <share>", "the last part of recorded traffic, on which the result is checked", "0.3")
    .option("--write <file>", "write the manifest there; it may be the one that was read");
  addTrafficOptions(command);
  addHistoryOptions(command, ARRIVAL_KINDS);
  addWorkerOptions(command);
  addWorldOptions(command, "5");
  addPictureOptions(command, {
    chart: "cost against wait of all that was tried, with the frontier and the result",
    page: "the same as an HTML page, with linked charts of the result and of what is there now",
  });
  command.action(async (options: TuneOptions) => {
    const { runTune } = await import("./run-tune.ts");
    process.exitCode = await runTune(options);
  });
  addDefaultsOptions(command.optionsGroup("As `muster run` has them, for what a manifest leaves open:"));
  withExamples(command, {
    "95 of 100 messages within a minute, for last month's traffic; jobs of 3 s":
      "muster tune -f wpa.yaml --objective 60s --arrivals requests.csv.gz --service 3s",
    "99 of 100 within ten seconds, and the file changed in its place":
      "muster tune -f wpa.yaml --objective 10s --within 99 --traffic daily --service 3s --write wpa.yaml",
    "these fields and values only":
      "muster tune -f wpa.yaml --traffic daily --vary spec.targetMessagesPerWorker=5..50/5 --vary spec.minReplicas=0..2",
  });
}
