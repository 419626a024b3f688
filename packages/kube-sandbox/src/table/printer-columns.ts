import { isFields } from "../objects/fields.ts";
import { AGE, age, type Column, NAME } from "./column.ts";
import { jsonPath } from "./json-path.ts";

/** One entry of a CustomResourceDefinition's additionalPrinterColumns. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: Column["type"];
  readonly jsonPath: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
}

/** The table of a custom resource: its name, then its own columns, or its age where it has none. */
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
