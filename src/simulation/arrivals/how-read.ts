import { unitIn } from "./column-names.ts";
import type { KnownColumns } from "./row-reader.ts";

/** Of more columns that mean nothing only the first ones are named. */
const MOST_NAMED = 8;

/**
 * What a file's columns were taken for, in words: where some of them mean nothing, so that a wrong guess is seen, and
 * where service times are among them.
 */
export function howRead(
  columns: KnownColumns<"count" | "service"> | undefined,
  isMessages: boolean,
  serviceScale: number | undefined,
): readonly string[] {
  if (columns === undefined) return [];
  const { time, count, service } = columns.used;
  if (columns.unused.length === 0 && service === undefined) return [];
  const parts = [
    ...(time === undefined ? [] : [`times from ${time}`]),
    isMessages ? "each row one message" : `numbers of messages from ${count}`,
    ...(service === undefined ? [] : [`service times from ${service}, ${inUnits(service, serviceScale)}`]),
  ];
  return [`Read with ${parts.join("; ")}${notUsed(columns)}.`];
}

function inUnits(service: string, scale: number | undefined): string {
  return scale === undefined ? `in ${unitIn(service)?.name ?? "seconds"}` : `of which one is ${scale} s`;
}

function notUsed({ used, unused }: KnownColumns<"count" | "service">): string {
  if (unused.length === 0) return "";
  const named = unused.slice(0, MOST_NAMED).join(", ");
  const more = unused.length > MOST_NAMED ? ` and ${unused.length - MOST_NAMED} more` : "";
  const options = [
    ...(used.count === undefined ? ["--count-column"] : []),
    ...(used.service === undefined ? ["--service-column"] : []),
  ];
  const hint = options.length === 0 ? "" : ` (${options.join(" or ")} would name one)`;
  return `; not used: ${named}${more}${hint}`;
}
