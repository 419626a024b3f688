import { ArrivalsError, quoted } from "./arrivals-error.ts";
import { momentOf } from "./moment.ts";

/** The cells of a row that matter, as text. */
export interface Cells {
  readonly time: string;
  readonly count?: string;
  readonly service?: string;
}

/** Columns or keys that a user named. */
export interface ColumnNames {
  readonly time?: string;
  readonly count?: string;
  readonly service?: string;
}

/** Makes cells of one line. */
export type RowReader = (line: string, number: number) => Cells;

const TIME = /^(time|timestamp|date|datetime|period|ts|at|minute|arrival|arrived_?at)$/i;
const COUNT = /^(count|value|arrivals|requests|messages|jobs|number|n|total)$/i;
const SERVICE = /^(service|service_?seconds|service_?time|duration|duration_?seconds|seconds)$/i;

/** The reader that suits a file, judged by its first line; `isHeader`: that line holds no row. */
export function readerFor(
  first: string,
  file: string,
  line: number,
  names: ColumnNames,
): { readonly read: RowReader; readonly isHeader: boolean } {
  if (first.startsWith("{")) return { read: jsonReader(first, file, line, names), isHeader: false };
  const separator = [",", ";", "\t"].find((one) => first.includes(one)) ?? ",";
  const cells = split(first, separator);
  const isHeader = momentOf(cells[0] ?? "") === undefined;
  const keys = isHeader ? cells : ["time", "count", "service"].slice(0, cells.length);
  const columns = choose(keys, file, line, names);
  if (columns === undefined) {
    throw new ArrivalsError(file, line, `expected a time or the columns' names, got ${quoted(first)}`);
  }
  const index = (name: string | undefined) => (name === undefined ? -1 : keys.indexOf(name));
  const [time, count, service] = [index(columns.time), index(columns.count), index(columns.service)];
  const read: RowReader = (text, number) => {
    const row = split(text, separator);
    const cell = (column: number): string => {
      const found = row[column];
      if (found !== undefined) return found;
      throw new ArrivalsError(file, number, `expected ${keys.length} columns, got ${row.length}`);
    };
    return {
      time: cell(time),
      ...(count < 0 ? {} : { count: cell(count) }),
      ...(service < 0 ? {} : { service: cell(service) }),
    };
  };
  return { read, isHeader };
}

function jsonReader(first: string, file: string, line: number, names: ColumnNames): RowReader {
  const columns = choose(Object.keys(parsed(first, file, line)), file, line, names);
  if (columns === undefined) throw new ArrivalsError(file, line, `expected a time in ${quoted(first)}`);
  return (text, number) => {
    const row = parsed(text, file, number);
    const cell = (key: string): string => {
      const value = row[key];
      if (typeof value === "string" || typeof value === "number") return String(value);
      const got = value === undefined ? "none" : quoted(JSON.stringify(value));
      throw new ArrivalsError(file, number, `expected a number or a text as ${key}, got ${got}`);
    };
    return {
      time: cell(columns.time),
      ...(columns.count === undefined ? {} : { count: cell(columns.count) }),
      ...(columns.service === undefined ? {} : { service: cell(columns.service) }),
    };
  };
}

function parsed(text: string, file: string, line: number): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ArrivalsError(file, line, `expected a JSON object on each line, got ${quoted(text)}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ArrivalsError(file, line, `expected a JSON object on each line, got ${quoted(text)}`);
}

/** Which column is which: as the user says, or by usual names; the time stands first where no name tells. */
function choose(
  keys: readonly string[],
  file: string,
  line: number,
  names: ColumnNames,
): (ColumnNames & { readonly time: string }) | undefined {
  const pick = (named: string | undefined, usual: RegExp): string | undefined => {
    if (named === undefined) return keys.find((key) => usual.test(key));
    if (keys.includes(named)) return named;
    throw new ArrivalsError(file, line, `expected a column ${quoted(named)}, got ${keys.map(quoted).join(", ")}`);
  };
  const time = pick(names.time, TIME) ?? keys[0];
  if (time === undefined || (keys.length === 1 && momentOf(time) === undefined && !TIME.test(time))) return undefined;
  const count = pick(names.count, COUNT);
  const service = pick(names.service, SERVICE);
  return { time, ...(count === undefined ? {} : { count }), ...(service === undefined ? {} : { service }) };
}

function split(line: string, separator: string): string[] {
  const cells = line.includes('"') ? splitQuoted(line, separator) : line.split(separator);
  return cells.map((cell) => cell.trim());
}

/** Cells in double quotes may hold separators; a quote in them is written twice. */
function splitQuoted(line: string, separator: string): string[] {
  const cells: string[] = [];
  const cell = new RegExp(`(?:^|${separator})(?:"((?:[^"]|"")*)"|([^${separator}]*))`, "g");
  for (const [, inQuotes, plain = ""] of line.matchAll(cell)) cells.push(inQuotes?.replaceAll('""', '"') ?? plain);
  return cells;
}
