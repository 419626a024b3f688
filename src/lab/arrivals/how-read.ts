import { unitIn } from "./column-names.ts";
import type { KnownColumns } from "./row-reader.ts";

/** Of more columns that mean nothing only the first ones are named. */
const MOST_NAMED = 8;

/** What the columns of a file of arrivals were taken for, where that is worth a word. */
export function howArrivalsRead(
  columns: KnownColumns<"count" | "service"> | undefined,
  isMessages: boolean,
  serviceScale: number | undefined,
): readonly string[] {
  const { count, service } = columns?.used ?? {};
  const times = service === undefined ? [] : [`service times from ${service}, ${inUnits(service, serviceScale)}`];
  const messages = isMessages ? "each row one message" : `numbers of messages from ${count}`;
  return howRead(columns, [messages, ...times], service !== undefined);
}

/** What a file's columns were taken for: told where some of them mean nothing, so that a wrong guess is seen. */
export function howRead<Column extends string>(
  columns: KnownColumns<Column> | undefined,
  meanings: readonly string[],
  isTold = false,
): readonly string[] {
  if (columns === undefined || (columns.unused.length === 0 && !isTold)) return [];
  const parts = [`times from ${columns.used.time}`, ...meanings];
  return [`Read with ${parts.join("; ")}${notUsed(columns)}.`];
}

function inUnits(service: string, scale: number | undefined): string {
  return scale === undefined ? `in ${unitIn(service)?.name ?? "seconds"}` : `of which one is ${scale} s`;
}

function notUsed<Column extends string>({ choosable, unused }: KnownColumns<Column>): string {
  if (unused.length === 0) return "";
  const named = unused.slice(0, MOST_NAMED).join(", ");
  const more = unused.length > MOST_NAMED ? ` and ${unused.length - MOST_NAMED} more` : "";
  const options = choosable.map((column) => `--${column}-column`).join(" or ");
  return `; not used: ${named}${more} (${options} takes another)`;
}
