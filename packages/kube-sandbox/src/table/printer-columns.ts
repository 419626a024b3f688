import { isFields } from "../objects/fields.ts";
import { AGE, age, type Column, NAME } from "./table.ts";

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
