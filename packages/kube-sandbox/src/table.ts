import { type Fields, isFields, textAt, without } from "./objects.ts";

/** How much of each object a table carries (query `includeObject`). */
export type IncludeObject = "None" | "Metadata" | "Object";

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

/** One entry of a CustomResourceDefinition's additionalPrinterColumns. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: Column["type"];
  readonly jsonPath: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
}

/** The table of a custom resource: its name, then its own columns, or its age if it has none. */
export function printerColumns(columns: readonly PrinterColumn[] | undefined): readonly Column[] {
  return columns === undefined || columns.length === 0 ? [NAME, AGE] : [NAME, ...columns.map(printerColumn)];
}

function printerColumn(definition: PrinterColumn): Column {
  const find = jsonPath(definition.jsonPath);
  return {
    name: definition.name,
    type: definition.type,
    format: definition.format ?? "",
    description: definition.description ?? "",
    priority: definition.priority ?? 0,
    cell: (object, now) => {
      const found = find(object);
      return found.length === 0 ? null : cell(definition.type, found, now);
    },
  };
}

function cell(type: Column["type"], found: readonly unknown[], now: number): unknown {
  const [value] = found;
  if (type === "string") return asText(value);
  if (type === "date") return typeof value === "string" ? dateCell(value, now) : null;
  if (type === "boolean") return typeof value === "boolean" ? value : null;
  if (typeof value !== "number") return null;
  return type === "integer" ? Math.trunc(value) : value;
}

function dateCell(value: string, now: number): string {
  const shown = age(value, now);
  return shown === "<unknown>" ? "<invalid>" : shown;
}

function asText(value: unknown): string {
  return Array.isArray(value) || isFields(value) ? JSON.stringify(value) : String(value);
}

/** One step of a path: from values to values in them. */
type Step = (value: unknown) => readonly unknown[];

/**
 * The JSONPath of printer columns: `.a.b`, `['a.b']`, `['a','b']`, `.labels.a\.b`, `[0]`, `[*]`, `[?(@.type=="Ready")]`. Returns a
 * function from an object to what it finds. Throws a SyntaxError for anything else.
 */
export function jsonPath(path: string): (object: unknown) => readonly unknown[] {
  const steps = parse(path);
  return (object) => steps.reduce<readonly unknown[]>((values, step) => values.flatMap(step), [object]);
}

const TOKEN =
  /\.((?:\\.|[^.[\\\s])+)|\['((?:\\.|[^'\\])*)'\]|\[((?:'[^']*',\s*)+'[^']*')\]|\["((?:\\.|[^"])*)"\]|\[(-?\d+)\]|\[(\*)\]|\[\?\(@\.([^\s=!<>]+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|([^)\s]+))\)\]/y;

function parse(path: string): readonly Step[] {
  const text = path.startsWith("{") && path.endsWith("}") ? path.slice(1, -1) : path;
  const steps: Step[] = [];
  // A copy, because a filter's path is parsed during this one.
  const token = new RegExp(TOKEN);
  token.lastIndex = text.startsWith("$") ? 1 : 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const match = token.exec(text);
    if (match === null) throw new SyntaxError(`unexpected "${text.slice(at)}" in the JSONPath ${path}`);
    steps.push(stepOf(match));
  }
  return steps;
}

function stepOf(match: RegExpExecArray): Step {
  const [, dotted, single, union, double, index, all, field, operator, ...literals] = match;
  if (union !== undefined) {
    const steps = union.split(/,\s*/).map((quoted) => property(quoted.slice(1, -1)));
    return (value) => steps.flatMap((step) => step(value));
  }
  const name = dotted ?? single ?? double;
  if (name === "*" || all !== undefined) return children;
  if (name !== undefined) return property(name.replace(/\\(.)/g, "$1"));
  if (index !== undefined) return (value) => (Array.isArray(value) ? value.slice(Number(index)).slice(0, 1) : []);
  const inner = parse(`.${field ?? ""}`);
  const literal = literals.find((one) => one !== undefined) ?? "";
  return (value) =>
    children(value).filter((item) => {
      const found = inner.reduce<readonly unknown[]>((values, step) => values.flatMap(step), [item]);
      return found.some((one) => String(one) === literal) === (operator === "==");
    });
}

const property =
  (name: string): Step =>
  (value) =>
    isFields(value) && Object.hasOwn(value, name) ? [value[name]] : [];

const children: Step = (value) => {
  if (Array.isArray(value)) return value;
  return isFields(value) ? Object.values(value) : [];
};
