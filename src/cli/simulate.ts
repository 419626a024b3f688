import { type Command, Option } from "commander";
import { addHistoryOptions, HISTORY_KINDS } from "./history/history-options.ts";
import { addPictureOptions } from "./pictures/picture-options.ts";
import { withExamples } from "./shared/help.ts";
import { addDefaultsOptions, appendWord } from "./shared/options.ts";
import type { SimulateOptions } from "./simulate/simulate-options.ts";
import { addValuesOptions, playsValues } from "./values/values-options.ts";

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
      const { replayJournal } = await import("./replay/replay-journal.ts");
      return replayJournal(options.journal, options);
    }
    if (playsValues(options)) {
      const { runValues } = await import("./values/run-values.ts");
      return runValues(options);
    }
    const { runSimulations } = await import("./simulate/run-simulations.ts");
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

export function addTrafficOptions(command: Command): void {
  command
    .optionsGroup("Traffic, invented or from a file:")
    .option(
      "--traffic <shape>",
      "invented traffic: steady, ramp, step, burst, daily, weekly, on-off, flash-crowd, poison-stall;\nparameters after a colon, such as step:before=10,after=200,at=30m",
    )
    .option("--arrivals <file>", "recorded traffic: CSV or JSON lines, gzip too, - for standard input")
    .option("--time-column <name>", "its column of times; left out: one with a usual name, else the first")
    .option("--count-column <name>", "its column of numbers of messages; without one each row is a message")
    .option("--service-column <name>", "its column of service times")
    .option(
      "--service-scale <seconds>",
      "seconds of service in one unit of that column; left out: as its name says, such as duration_ms, or 1",
    )
    .option("--share <share>", "so large a share of the recorded messages is played, such as 0.01", "1")
    .option(
      "--time-zone <name>",
      "times without a zone are those of clocks there, such as Europe/Berlin; left out: UTC",
    )
    .option("--from <time>", "only what arrived from then on, such as 1998-06-30, or 7d: so long ago")
    .option("--to <time>", "only what arrived before then")
    .option("--allow-future", "rows that are dated in the future are not refused");
}

export function addWorkerOptions(command: Command): void {
  command
    .optionsGroup("Workers:")
    .option("--service <duration>", "how long a worker works on a message, on average", "1s")
    .addOption(
      new Option("--service-shape <shape>", "how that varies")
        .choices(["fixed", "exponential", "lognormal"])
        .default("exponential"),
    )
    .option("--service-cv <number>", "deviation / mean of lognormal service times; left out: 1")
    .option("--concurrency <messages>", "messages that a worker works on at once", "1")
    .option("--start-up <duration>", "until a new worker takes its first message", "30s")
    .option("--start-up-jitter <share>", "start-up times vary by up to this share", "0.2")
    .option("--grace <duration>", "how long a worker that is stopped may go on with what it has", "30s")
    .addOption(
      new Option("--victims <which>", "workers that are stopped first: the newest, as a ReplicaSet does, or idle ones")
        .choices(["newest", "idle"])
        .default("newest"),
    )
    .option("--replicas <count>", "workers at the start; left out: minReplicas");
}

export function addWorldOptions(command: Command, runs = "1"): void {
  command
    .optionsGroup("What the source tells:")
    .option("--look-interval <duration>", "time between two looks; left out: as the controller paces them")
    .option("--lag <duration>", "readings are so old, and dated so", "0s")
    .option("--hidden-lag <duration>", "readings are so old, and dated now", "0s")
    .option("--outage <start+length>", "looks fail for so long, such as 1h+10m; may be repeated", appendWord, [])
    .option(
      "--sees <signal=quantity>",
      "what a signal's value is, such as lag=waiting; may be repeated",
      appendWord,
      [],
    )
    .optionsGroup("Runs, and what is printed:")
    .option("--objective <duration>", "how long a message may wait", "60s")
    .option("--drain <duration>", "after the last arrival the run goes on until all is done, at most so long", "1h")
    .option("--seed <number>", "of all chance", "1")
    .option("--runs <count>", "runs with different seeds, for confidence intervals", runs)
    .addOption(
      new Option(
        "--mode <mode>",
        "each message by itself, or the mean of many; left out: by how many there are",
      ).choices(["exact", "batch"]),
    )
    .addOption(new Option("-o, --output <format>", "how to print").choices(["table", "json"]).default("table"))
    .option("--threads <count>", "runs at the same time; left out: as many as there are cores");
}
