import { type Command, Option } from "commander";
import { ARRIVAL_KINDS } from "../../lab/history/arrivals-of-series.ts";
import { appendWord } from "../shared/options.ts";

/** What commander makes of the options below. */
export interface HistoryOptions {
  readonly history?: string;
  readonly historyUrl?: string;
  readonly historyQuery?: string;
  readonly historySetting: readonly string[];
  readonly historyKind?: (typeof HISTORY_KINDS)[number];
  readonly step: string;
}

export const HISTORY_KINDS = [...ARRIVAL_KINDS, "value"] as const;

/** Adds the options that say which series of a metric server is played. */
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
