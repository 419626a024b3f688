import type { Fields } from "../objects/fields.ts";
import { textAt } from "../objects/fields.ts";
import { humanDuration } from "./human-duration.ts";

/** One column of the server-side table of a kind. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format: string;
  readonly description: string;
  /** 0 shows always, more only with `-o wide`. */
  readonly priority: number;
  /** `now` is milliseconds since the epoch. */
  cell(object: Fields, now: number): unknown;
}

/** A column of a built-in kind. */
export function column(
  name: string,
  type: Column["type"],
  cell: (object: Fields, now: number) => unknown,
  priority = 0,
): Column {
  return { name, type, format: name === "Name" ? "name" : "", description: "", priority, cell };
}

/** For `-o wide` only. */
export function wideColumn(name: string, type: Column["type"], cell: Column["cell"]): Column {
  return column(name, type, cell, 1);
}

export const NAME = column("Name", "string", (object) => textAt(object, "metadata", "name"));
export const AGE = column("Age", "string", (object, now) => age(textAt(object, "metadata", "creationTimestamp"), now));
export const CREATED_AT = column("Created At", "date", (object) => textAt(object, "metadata", "creationTimestamp"));

/** The time since a timestamp, as `kubectl get` shows it. */
export function age(timestamp: string, now: number): string {
  const since = Date.parse(timestamp);
  return Number.isNaN(since) ? "<unknown>" : humanDuration(now - since);
}
