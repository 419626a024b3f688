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

/** `muster simulate`: the decisions that would be made live, on a virtual clock, for traffic that is invented or recorded. */
export function addSimulate(program: Command): void {
  const command = program
    .command("simulate")
    .summary("rehearse policies on a virtual clock: how long messages wait, and what it costs")
    .description(
      "Play traffic against one or several policies, deciding by the code that runs live, and compare them:\n" +
        "one row a policy. No cluster and no queue is touched.",
    )
    .option("-f, --filename <files...>", "manifests or PHPA files, folders too; each autoscaler is one policy");
  command
    .option("--journal <file>", "decide again what `muster run --journal` recorded, instead of playing traffic")
    .option("--of <namespace/name>", "with --journal: whose decisions; left out: those of the policy's own name")
    .option("--kind <kind>", "with --journal: where autoscalers of several kinds have the name");
  addTrafficOptions(command);
  addHistoryOptions(command, HISTORY_KINDS);
  addValuesOptions(command);
  addWorkerOptions(command);
  addWorldOptions(command);
  command.option("--series", "with -o json: every run's time series and decisions");
  addSweepOptions(command);
  addPictureOptions(command, {
    chart: "the main chart of each policy's first run; of more than twelve, cost against wait",
    page: "one HTML page with linked charts and the reason of every decision",
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
  addDefaultsOptions(command.optionsGroup("As `muster run` has them, for what a manifest leaves open:"));
  withExamples(command, {
    "does it keep up with a step from 10 to 200 messages a minute, at 3 s each?":
      "muster simulate -f wpa.yaml --traffic step:before=10,after=200 --service 3s",
    "last month's traffic, as counts a minute with a time each; 2 % of them are jobs of 3 s":
      "muster simulate -f wpa.yaml --arrivals requests.csv.gz --share 0.02 --service 3s",
    "last week's traffic, straight from Prometheus":
      "muster simulate -f wpa.yaml --history prometheus --history-url http://prometheus:9090 --from 7d \\\n    --history-query 'sum(increase(mails_sent_total[1m]))' --history-kind count --service 3s",
    "two policies side by side, ten runs each, with confidence intervals":
      "muster simulate -f now.yaml -f next.yaml --traffic flash-crowd:peak=900 --runs 10",
    "how many messages should a worker have? each number from 5 to 50 in steps of 5":
      "muster simulate -f wpa.yaml --traffic daily --sweep spec.targetMessagesPerWorker=5..50/5",
    "the queue's server does not answer for ten minutes, an hour after the start":
      "muster simulate -f wpa.yaml --traffic daily --outage 1h+10m",
    "a page with charts, to look into every decision":
      "muster simulate -f now.yaml -f next.yaml --arrivals requests.csv --report rehearsal.html",
    "what would have been decided last night with another manifest":
      "muster simulate -f next.yaml --journal /var/lib/muster/journal.jsonl --of shop/sms-sender",
    "what a metric's last week would have led to, and when":
      "muster simulate -f phpa.yaml --history own --history-kind value --from 7d",
    "the same from a file, if each worker more had lowered it by 5, a minute later":
      "muster simulate -f phpa.yaml --values lag.csv --plant perReplica=-5,after=60s,baseline=4",
    "for a program": "muster simulate -f wpa.yaml --traffic burst:size=5000 -o json | jq .policies[0].measures",
  });
  command.addHelpText(
    "after",
    `
Durations: 500ms, 90s, 10m, 2h, 1d, 1w. The same seed gives the same result, byte for byte.
Shapes of traffic, their parameters and what every column means: docs/simulate.md`,
  );
}

function addSweepOptions(command: Command): void {
  command
    .optionsGroup("Sweeps:")
    .option(
      "--sweep <field=values>",
      "play the policy with each of these values, such as spec.targetMessagesPerWorker=1..50, 10..100/10, 1..1000*2 or\n5,10,20; may be repeated: then with all combinations",
      appendWord,
      [],
    )
    .option("--sweep-limit <runs>", "refuse a sweep of more runs than this", "1000");
}

/** Adds the options by which recorded values are played instead of traffic. */
function addValuesOptions(command: Command): void {
  command
    .optionsGroup("Recorded values instead of traffic:")
    .option(
      "--values <[signal=]file>",
      "instead of traffic: what a signal's value was, CSV or JSON lines with a time and a value, gzip too, - for standard\ninput; may be repeated, one for each signal. --history-kind value takes it from a server",
      appendWord,
    )
    .option("--value-column <name>", "its column of values; left out: one with a usual name, else the first")
    .option("--replicas-column <name>", "its column of workers that there were then; left out: one with a usual name")
    .option(
      "--plant <model>",
      "closed loop: what one worker more than there was then does to the value, such as perReplica=-5,after=60s, or for\na backlog perReplicaMinute=-200; left out: the value is as it was recorded",
    );
}

/** Whether recorded values are to be played instead of traffic. */
function playsValues({ values, history, historyKind }: SimulateOptions): boolean {
  return (values?.length ?? 0) > 0 || (history !== undefined && historyKind === "value");
}
