import { type Command, Option } from "commander";
import { ARRIVAL_KINDS } from "../../lab/recordings/arrivals-of-series.ts";
import { appendWord, type DefaultsOptions } from "./options.ts";
import type { PictureOptions } from "./pictures.ts";

/** The options of `muster simulate` as commander parses them. */
export interface SimulateOptions extends DefaultsOptions, HistoryOptions, PictureOptions {
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
  readonly interruptionCost: string;
  readonly seed: string;
  readonly runs: string;
  readonly sweep?: readonly string[];
  readonly sweepLimit?: string;
  readonly threads?: string;
  readonly mode?: "exact" | "batch";
  readonly values?: readonly string[];
  readonly valueColumn?: string;
  readonly replicasColumn?: string;
  readonly plant?: string;
  readonly output: "table" | "json";
  readonly series?: true;
}

export interface HistoryOptions {
  readonly history?: string;
  readonly historyUrl?: string;
  readonly historyQuery?: string;
  readonly historySetting: readonly string[];
  readonly historyKind?: (typeof HISTORY_KINDS)[number];
  readonly step: string;
}

export const HISTORY_KINDS = [...ARRIVAL_KINDS, "value"] as const;

export function addHistoryOptions(command: Command, kinds: readonly string[]): void {
  command
    .optionsGroup("Traffic from a metric server:")
    .option(
      "--history <source>",
      "recorded traffic from a server: prometheus, graphite, influxdb or cloudwatch; or a YAML file with one of them\nand its settings; or own: the policy's own source",
    )
    .option("--history-url <url>", "address of that server")
    .option("--history-query <query>", "query for one series; for InfluxDB with $from, $to and $step")
    .option(
      "--history-setting <name=value>",
      `another setting of that source, such as database=shop, or 'password=\${PASSWORD}' from the environment;\nmay be repeated`,
      appendWord,
      [],
    )
    .addOption(
      new Option(
        "--history-kind <kind>",
        `meaning of its points: a count of messages, a rate a second, or a growing counter${valueMeans(kinds)}`,
      ).choices(kinds),
    )
    .option("--step <duration>", "time between its points", "60s");
}

function valueMeans(kinds: readonly string[]): string {
  return kinds.includes("value") ? ";\nor the value of a signal, instead of traffic" : "";
}

export function addTrafficOptions(command: Command): void {
  command
    .optionsGroup("Traffic, invented or from a file:")
    .option(
      "--traffic <shape>",
      "invented traffic: steady, ramp, step, burst, daily, weekly, on-off, flash-crowd, poison-stall;\nparameters after a colon, such as step:before=10,after=200,at=30m",
    )
    .option("--arrivals <file>", "recorded traffic: CSV or JSON lines, gzip too, - for standard input")
    .option("--time-column <name>", "column of times; left out: one with a usual name, else the first")
    .option("--count-column <name>", "column of message counts; without one each row is a message")
    .option("--service-column <name>", "column of service times")
    .option(
      "--service-scale <seconds>",
      "seconds in one unit of that column; left out: by its name, such as duration_ms, or 1",
    )
    .option("--share <share>", "fraction of recorded messages to play, such as 0.01", "1")
    .option("--time-zone <name>", "time zone of times without one, such as Europe/Berlin; left out: UTC")
    .option("--from <time>", "only arrivals from then on: a time such as 1998-06-30, or a relative time (7d)")
    .option("--to <time>", "only arrivals before then")
    .option("--allow-future", "accept rows dated in the future");
}

export function addWorkerOptions(command: Command): void {
  command
    .optionsGroup("Workers:")
    .option("--service <duration>", "mean time that a worker needs for a message", "1s")
    .addOption(
      new Option("--service-shape <shape>", "distribution of service times")
        .choices(["fixed", "exponential", "lognormal"])
        .default("exponential"),
    )
    .option("--service-cv <number>", "deviation / mean of lognormal service times; left out: 1")
    .option("--concurrency <messages>", "messages that a worker works on at the same time", "1")
    .option("--start-up <duration>", "worker start-up time", "30s")
    .option("--start-up-jitter <share>", "start-up times vary by up to this share", "0.2")
    .option("--grace <duration>", "how long a stopped worker may finish its messages", "30s")
    .addOption(
      new Option("--victims <which>", "workers to stop first: the newest, as a ReplicaSet does, or idle ones")
        .choices(["newest", "idle"])
        .default("newest"),
    )
    .option("--replicas <count>", "workers at the start; left out: minReplicas");
}

export function addWorldOptions(command: Command, runs = "1"): void {
  command
    .optionsGroup("What the source reports:")
    .option("--look-interval <duration>", "time between two polls; left out: the controller's pace")
    .option("--lag <duration>", "age of readings, which are dated so", "0s")
    .option("--hidden-lag <duration>", "age of readings that are dated now", "0s")
    .option("--outage <start+length>", "polls fail during this time, such as 1h+10m; may be repeated", appendWord, [])
    .option(
      "--sees <signal=quantity>",
      "quantity that a signal reads, such as lag=waiting; may be repeated",
      appendWord,
      [],
    )
    .optionsGroup("Runs and output:")
    .option("--objective <duration>", "how long a message may wait", "60s")
    .option(
      "--interruption-cost <duration>",
      "worker time that each worker stopped busy adds to the cost, such as 20m",
      "0s",
    )
    .option("--drain <duration>", "maximum time after the last arrival to finish all messages", "1h")
    .option("--seed <number>", "seed of all random numbers", "1")
    .option("--runs <count>", "runs with different seeds, for confidence intervals", runs)
    .addOption(
      new Option(
        "--mode <mode>",
        "simulate single messages or their mean flow; left out: by the number of messages",
      ).choices(["exact", "batch"]),
    )
    .addOption(new Option("-o, --output <format>", "output format").choices(["table", "json"]).default("table"))
    .option("--threads <count>", "runs at the same time; left out: one for each core");
}
