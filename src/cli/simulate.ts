import type { Command } from "commander";
import { withExamples } from "./shared/help.ts";
import { addDefaultsOptions, appendWord } from "./shared/options.ts";
import { addPictureOptions } from "./shared/pictures.ts";
import {
  addHistoryOptions,
  addTrafficOptions,
  addWorkerOptions,
  addWorldOptions,
  HISTORY_KINDS,
  type SimulateOptions,
} from "./shared/rehearsal-options.ts";

/** `muster simulate`: plays invented or recorded traffic on a virtual clock. */
export function addSimulate(program: Command): void {
  const command = program
    .command("simulate")
    .summary("rehearse policies on a virtual clock: how long messages wait, and what it costs")
    .description(
      "Play traffic against one or several policies with the code that decides live, and compare them:\n" +
        "one row for each policy. Accesses no cluster and no queue.",
    )
    .option("-f, --filename <files...>", "manifests or PHPA files, folders too; each autoscaler is one policy");
  command
    .option("--journal <file>", "replay decisions that `muster run --journal` recorded, instead of traffic")
    .option("--of <namespace/name>", "with --journal: the autoscaler; left out: the one with the policy's name")
    .option("--kind <kind>", "with --journal: kind, if autoscalers of several kinds have the name");
  addTrafficOptions(command);
  addHistoryOptions(command, HISTORY_KINDS);
  addValuesOptions(command);
  addWorkerOptions(command);
  addWorldOptions(command);
  command.option("--series", "with -o json: every run's time series and decisions");
  addSweepOptions(command);
  addPictureOptions(command, {
    chart: "the main chart of each policy's first run; of more than twelve, cost against wait",
    page: "one HTML page with linked charts and the reason for every decision",
  });
  command.action(async (options: SimulateOptions) => {
    if (options.journal !== undefined) {
      const { replayJournal } = await import("./run-replay.ts");
      return replayJournal(options.journal, options);
    }
    if (playsValues(options)) {
      const { runValues } = await import("./run-values.ts");
      return runValues(options);
    }
    const { runSimulations } = await import("./run-simulations.ts");
    await runSimulations(options);
  });
  addDefaultsOptions(command.optionsGroup("Defaults of `muster run`, for what a manifest leaves open:"));
  withExamples(command, {
    "does it keep up with a step from 10 to 200 messages a minute, at 3 s each?":
      "muster simulate -f wpa.yaml --traffic step:before=10,after=200 --service 3s",
    "last month's traffic, as counts per minute; 2 % of the messages are jobs of 3 s":
      "muster simulate -f wpa.yaml --arrivals requests.csv.gz --share 0.02 --service 3s",
    "last week's traffic from Prometheus":
      "muster simulate -f wpa.yaml --history prometheus --history-url http://prometheus:9090 --from 7d \\\n    --history-query 'sum(increase(mails_sent_total[1m]))' --history-kind count --service 3s",
    "two policies, ten runs each, with confidence intervals":
      "muster simulate -f now.yaml -f next.yaml --traffic flash-crowd:peak=900 --runs 10",
    "how many messages per worker? from 5 to 50 in steps of 5":
      "muster simulate -f wpa.yaml --traffic daily --sweep spec.targetMessagesPerWorker=5..50/5",
    "the queue's server does not answer for ten minutes, an hour after the start":
      "muster simulate -f wpa.yaml --traffic daily --outage 1h+10m",
    "a page with charts and every decision":
      "muster simulate -f now.yaml -f next.yaml --arrivals requests.csv --report rehearsal.html",
    "what another manifest would have decided last night":
      "muster simulate -f next.yaml --journal /var/lib/muster/journal.jsonl --of shop/sms-sender",
    "decisions on last week's values of a metric":
      "muster simulate -f phpa.yaml --history own --history-kind value --from 7d",
    "the same from a file, if each additional worker lowers the value by 5 a minute later":
      "muster simulate -f phpa.yaml --values lag.csv --plant perReplica=-5,after=60s,baseline=4",
    "for a program": "muster simulate -f wpa.yaml --traffic burst:size=5000 -o json | jq .policies[0].measures",
  });
  command.addHelpText(
    "after",
    `
Durations: 500ms, 90s, 10m, 2h, 1d, 1w. The same seed gives the same result, byte for byte.
Shapes of traffic, their parameters and the columns: docs/simulate.md`,
  );
}

function addSweepOptions(command: Command): void {
  command
    .optionsGroup("Sweeps:")
    .option(
      "--sweep <field=values>",
      "play the policy with each of these values, such as spec.targetMessagesPerWorker=1..50, 10..100/10, 1..1000*2 or\n5,10,20; may be repeated, for all combinations",
      appendWord,
      [],
    )
    .option("--sweep-limit <runs>", "maximum number of runs of a sweep", "1000");
}

function addValuesOptions(command: Command): void {
  command
    .optionsGroup("Recorded values instead of traffic:")
    .option(
      "--values <[signal=]file>",
      "recorded values of a signal: CSV or JSON lines with a time and a value, gzip too, - for standard input; may be\nrepeated, one for each signal. --history-kind value reads them from a server",
      appendWord,
    )
    .option("--value-column <name>", "column of values; left out: one with a usual name, else the first")
    .option("--replicas-column <name>", "column of recorded workers; left out: one with a usual name")
    .option(
      "--plant <model>",
      "closed loop: the effect of each additional worker on the value, such as perReplica=-5,after=60s, or for a backlog\nperReplicaMinute=-200; left out: open loop",
    );
}

function playsValues({ values, history, historyKind }: SimulateOptions): boolean {
  return (values?.length ?? 0) > 0 || (history !== undefined && historyKind === "value");
}
