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
      "recorded traffic straight from a server: prometheus, graphite, influxdb or cloudwatch; or a YAML file with one of\nthem and its settings; or own: the source of the policy itself",
    )
    .option("--history-url <url>", "where that server is")
    .option("--history-query <query>", "its query, of one series; InfluxDB's with $from, $to and $step in it")
    .option(
      "--history-setting <name=value>",
      `another setting of that source, such as database=shop or 'password=\${PASSWORD}', taken from the environment;\nmay be repeated`,
      appendWord,
      [],
    )
    .addOption(
      new Option(
        "--history-kind <kind>",
        `what its points are: a count of messages, a rate a second, or an ever-growing counter${valueMeans(kinds)}`,
      ).choices(kinds),
    )
    .option("--step <duration>", "time from one of its points to the next", "60s");
}

function valueMeans(kinds: readonly string[]): string {
  return kinds.includes("value") ? ";\nor a value that a signal would have read, instead of traffic" : "";
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
