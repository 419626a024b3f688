import { type Fields, textAt, without } from "../objects/fields.ts";

/** How much of each object a table carries (query `includeObject`). */
export type IncludeObject = "None" | "Metadata" | "Object";

/** The metadata of an object. */
export function metadataOnly(object: Fields): Fields {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}

/** The Table that `kubectl get` requests. */
export function table(
  columns: readonly Column[],
  objects: readonly Fields[],
  options: {
    readonly include: IncludeObject;
    readonly now: number;
    readonly metadata?: Fields;
    readonly headers?: boolean;
  },
): Fields {
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: options.metadata ?? {},
    columnDefinitions: options.headers === false ? null : columns.map((one) => without({ ...one }, "cell")),
    rows: objects.map((object) => ({
      cells: columns.map((one) => one.cell(object, options.now) ?? null),
      ...(options.include !== "None" && { object: options.include === "Object" ? object : metadataOnly(object) }),
    })),
  };
}

/** One column of the server-side table of a kind. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format: string;
  readonly description: string;
  /** 0 is always shown, higher values only with `-o wide`. */
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

/** The time since a timestamp, in the form of `kubectl get`. */
export function age(timestamp: string, now: number): string {
  const since = Date.parse(timestamp);
  return Number.isNaN(since) ? "<unknown>" : humanDuration(now - since);
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** By upper limit in seconds, the two units shown; the finer one only if it is not zero. */
const STEPS: readonly (readonly [below: number, unit: number, letter: string, finer: number, finerLetter: string])[] = [
  [2 * MINUTE, 1, "s", 0, ""],
  [10 * MINUTE, MINUTE, "m", 1, "s"],
  [3 * HOUR, MINUTE, "m", 0, ""],
  [8 * HOUR, HOUR, "h", MINUTE, "m"],
  [2 * DAY, HOUR, "h", 0, ""],
  [8 * DAY, DAY, "d", HOUR, "h"],
  [2 * YEAR, DAY, "d", 0, ""],
  [8 * YEAR, YEAR, "y", DAY, "d"],
  [Number.POSITIVE_INFINITY, YEAR, "y", 0, ""],
];

/** A duration in the form of Kubernetes' ages: 45s, 3m20s, 5h, 12d. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  const step = STEPS.find(([below]) => seconds < below);
  if (step === undefined) return `${seconds}s`;
  const [, unit, letter, finer, finerLetter] = step;
  const rest = finer === 0 ? 0 : Math.floor((seconds % unit) / finer);
  return `${Math.floor(seconds / unit)}${letter}${rest === 0 ? "" : `${rest}${finerLetter}`}`;
}
