import type { Command } from "commander";
import type { HistoryOptions } from "../history/history-options.ts";
import { appendWord } from "../shared/options.ts";

/** What commander makes of the options below. */
export interface ValuesOptions {
  readonly values?: readonly string[];
  readonly valueColumn?: string;
  readonly replicasColumn?: string;
  readonly plant?: string;
}

/** Adds the options by which recorded values are played instead of traffic. */
export function addValuesOptions(command: Command): void {
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
export function playsValues({ values, history, historyKind }: ValuesOptions & HistoryOptions): boolean {
  return (values?.length ?? 0) > 0 || (history !== undefined && historyKind === "value");
}
