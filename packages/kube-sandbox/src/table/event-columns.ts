import { type Fields, fieldsAt, numberAt, textAt } from "../objects/fields.ts";
import { eventToStored } from "../resources/event-conversion.ts";
import { age, type Column, column, NAME, wideColumn } from "./column.ts";

const first = (event: Fields): string => textAt(event, "firstTimestamp") || textAt(event, "eventTime");
const last = (event: Fields): string =>
  textAt(event, "series", "lastObservedTime") || textAt(event, "lastTimestamp") || first(event);
const count = (event: Fields): number => numberAt(event, "series", "count") ?? numberAt(event, "count") ?? 1;
const about = (event: Fields): Fields => fieldsAt(event, "involvedObject");

function object(event: Fields): string {
  return `${textAt(about(event), "kind").toLowerCase()}/${textAt(about(event), "name")}`;
}

function source(event: Fields): string {
  const component = textAt(event, "source", "component") || textAt(event, "reportingComponent");
  const host = textAt(event, "source", "host") || textAt(event, "reportingInstance");
  return host === "" ? component : `${component}, ${host}`;
}

const COLUMNS: readonly Column[] = [
  column("Last Seen", "string", (event, now) => age(last(event), now)),
  column("Type", "string", (event) => textAt(event, "type")),
  column("Reason", "string", (event) => textAt(event, "reason")),
  column("Object", "string", object),
  wideColumn("Subobject", "string", (event) => textAt(about(event), "fieldPath")),
  wideColumn("Source", "string", source),
  column("Message", "string", (event) => textAt(event, "message").trim()),
  wideColumn("First Seen", "string", (event, now) => age(first(event), now)),
  wideColumn("Count", "string", count),
  { ...NAME, priority: 1 },
];

/** The table of events, whichever of the two APIs shows them. */
export const EVENT_COLUMNS: readonly Column[] = COLUMNS.map((one) => ({
  ...one,
  cell: (event, now) => one.cell(eventToStored(event), now),
}));
