import { parseMoment } from "../../shared/parse-time.ts";
import { UserError } from "../../shared/user-error.ts";
import { TIME_NAME } from "./column-names.ts";

export function rowError(file: string, line: number, message: string): UserError {
  return new UserError(`${file}:${line}: ${message}`);
}

/** Quotes a cell for a message, shortened and without control characters. */
export function quoted(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return `"${short.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`;
}

/** The cells of a row in the known columns, as text. */
export type Cells<Column extends string> = { readonly time: string } & { readonly [Name in Column]?: string };

/** Columns named by the user. */
export type ColumnNames<Column extends string> = { readonly [Name in Column | "time"]?: string | undefined };

/** The columns of a file besides its times. */
interface Layout<Column extends string> {
  /** The usual names of each column; also their order in a file without a header. */
  readonly usual: Readonly<Record<Column, RegExp>>;
  /** The column that the first unknown name stands for. */
  readonly otherwise?: Column;
  readonly names: ColumnNames<Column>;
}

type RowReader<Column extends string> = (line: string, number: number) => Cells<Column>;

/** Bounds the memory for rows of JSON with ever new keys. */
const MOST_KEYS = 100;
/** Not a column name, so the line is a row with an invalid time rather than a header. */
const NUMERIC = /^[-+.]?\d/;

/** How a file's columns are used. */
export interface KnownColumns<Column extends string> {
  readonly used: { readonly [Name in Column | "time"]?: string };
  /** Columns that an option can name. */
  readonly choosable: readonly Column[];
  readonly unused: readonly string[];
}

interface FittingReader<Column extends string> {
  readonly read: RowReader<Column>;
  readonly isHeader: boolean;
  /** As read so far; undefined for a file without names. */
  readonly columns: () => KnownColumns<Column> | undefined;
}

/** Chooses the reader of a file by its first line. */
function readerFor<Column extends string>(
  first: string,
  file: string,
  line: number,
  layout: Layout<Column>,
): FittingReader<Column> {
  if (first.startsWith("{")) return jsonReader(first, file, line, layout);
  if (first.startsWith("[")) {
    const hint = "of an array, `jq -c '.[]' FILE` makes such lines";
    throw rowError(file, line, `expected CSV or a JSON object on each line, got ${quoted(first)}; ${hint}`);
  }
  const separator = [",", ";", "\t"].find((one) => first.includes(one)) ?? ",";
  const cells = splitCells(first, separator);
  const isHeader = parseMoment(cells[0] ?? "") === undefined && !NUMERIC.test(cells[0] ?? "");
  const keys = isHeader ? cells : ["time", ...Object.keys(layout.usual)].slice(0, cells.length);
  const columns = chooseColumns(keys, file, line, layout);
  if (columns === undefined) {
    const separated = first.length < 200 && /[ |]/.test(first) ? ", separated by commas, semicolons or tabs" : "";
    throw rowError(file, line, `expected a time or the columns' names${separated}, got ${quoted(first)}`);
  }
  const indices = columns.map(([name, key]) => [name, keys.indexOf(key)] as const);
  const read: RowReader<Column> = (text, number) => {
    const row = splitCells(text, separator);
    // Such as 1,000 with a thousands separator, which must not be read as 1.
    if (row.length > cells.length && row.slice(cells.length).some((cell) => cell !== "")) {
      throw rowError(file, number, `expected ${cells.length} columns, got ${row.length}`);
    }
    const found: Record<string, string> = {};
    for (const [name, index] of indices) {
      const cell = row[index];
      if (cell === undefined) {
        throw rowError(file, number, `expected ${keys.length} columns, got ${row.length}`);
      }
      found[name] = cell;
    }
    return found as Cells<Column>;
  };
  return { read, isHeader, columns: () => (isHeader ? knownColumns(columns, keys, layout) : undefined) };
}

function knownColumns<Column extends string>(
  columns: readonly (readonly [Column | "time", string])[],
  keys: readonly string[],
  { usual }: Layout<Column>,
): KnownColumns<Column> {
  const taken = new Set(columns.map(([, key]) => key));
  return {
    used: Object.fromEntries(columns) as KnownColumns<Column>["used"],
    choosable: Object.keys(usual) as Column[],
    unused: keys.filter((key) => key !== "" && !taken.has(key)),
  };
}

function jsonReader<Column extends string>(
  first: string,
  file: string,
  line: number,
  layout: Layout<Column>,
): FittingReader<Column> {
  const keys = Object.keys(parseObject(first, file, line));
  const columns = chooseColumns(keys, file, line, layout);
  if (columns === undefined) throw rowError(file, line, `expected a time in ${quoted(first)}`);
  const unused = new Set(knownColumns(columns, keys, layout).unused);
  const used = new Set(columns.map(([, key]) => key));
  const read: RowReader<Column> = (text, number) => {
    const row = parseObject(text, file, number);
    for (const key in row) if (!used.has(key) && unused.size < MOST_KEYS) unused.add(key);
    const found: Record<string, string> = {};
    for (const [name, key] of columns) {
      // null is an empty cell.
      const value = row[key] === null && name !== "time" ? "" : row[key];
      found[name] = cellOf(value, key, file, number);
    }
    return found as Cells<Column>;
  };
  // The first row decides which keys are used; later rows may have more.
  const known = () => ({ ...knownColumns(columns, keys, layout), unused: [...unused] });
  return { read, isHeader: false, columns: known };
}

function cellOf(value: unknown, key: string, file: string, line: number): string {
  if (typeof value === "string" || typeof value === "number") return String(value);
  const got = value === undefined ? "none" : quoted(JSON.stringify(value));
  throw rowError(file, line, `expected a number or a text as ${key}, got ${got}`);
}

function parseObject(text: string, file: string, line: number): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw rowError(file, line, `expected a JSON object on each line, got ${quoted(text)}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw rowError(file, line, `expected a JSON object on each line, got ${quoted(text)}`);
}

/** Assigns keys to columns, by options or usual names; without a known name the first is the time. */
function chooseColumns<Column extends string>(
  keys: readonly string[],
  file: string,
  line: number,
  { usual, otherwise, names }: Layout<Column>,
): readonly (readonly [Column | "time", string])[] | undefined {
  const pick = (column: Column | "time", known: RegExp, taken?: string): string | undefined => {
    const named = names[column];
    if (named === undefined) return keys.find((key) => key !== taken && known.test(key));
    if (keys.includes(named)) return named;
    throw rowError(file, line, `expected a column ${quoted(named)}, got ${keys.map(quoted).join(", ")}`);
  };
  const time = pick("time", TIME_NAME) ?? keys[0];
  if (time === undefined || (keys.length === 1 && parseMoment(time) === undefined && !TIME_NAME.test(time)))
    return undefined;
  const chosen = new Map<Column, string | undefined>();
  for (const column in usual) chosen.set(column, pick(column, usual[column], time));
  if (otherwise !== undefined && chosen.get(otherwise) === undefined) {
    const taken = new Set([time, ...chosen.values()]);
    chosen.set(
      otherwise,
      keys.find((key) => !taken.has(key)),
    );
  }
  const found = [...chosen].filter((entry): entry is [Column, string] => entry[1] !== undefined);
  return [["time", time], ...found];
}

function splitCells(line: string, separator: string): string[] {
  const cells: string[] = [];
  if (line.includes('"')) {
    for (const cell of splitQuoted(line, separator)) cells.push(cell.trim());
    return cells;
  }
  // String.split and map take three times as long for a few cells.
  let from = 0;
  for (let to = line.indexOf(separator); to !== -1; to = line.indexOf(separator, from)) {
    cells.push(line.slice(from, to).trim());
    from = to + separator.length;
  }
  cells.push(line.slice(from).trim());
  return cells;
}

/** Cells in double quotes may contain separators; quotes in them are doubled. */
function splitQuoted(line: string, separator: string): string[] {
  const cells: string[] = [];
  const cell = new RegExp(`(?:^|${separator})(?:"((?:[^"]|"")*)"|([^${separator}]*))`, "g");
  for (const [, inQuotes, plain = ""] of line.matchAll(cell)) cells.push(inQuotes?.replaceAll('""', '"') ?? plain);
  return cells;
}

/** Reads the rows of a recorded file; skips a byte order mark, blank lines, comments and a header. */
export class RecordedLines<Column extends string> {
  readonly #file: string;
  readonly #layout: Layout<Column>;
  #number = 0;
  #reader: FittingReader<Column> | undefined;

  constructor(file: string, layout: Layout<Column>) {
    this.#file = file;
    this.#layout = layout;
  }

  /** The number of the last line; the first is 1. */
  get number(): number {
    return this.#number;
  }

  /** Whether no row and no header was read. */
  get isEmpty(): boolean {
    return this.#reader === undefined;
  }

  /** Undefined for a file without names, and before the first row. */
  get columns(): KnownColumns<Column> | undefined {
    return this.#reader?.columns();
  }

  /** The row of the next line, if it is one. An undefined line was too long to keep. */
  take(line: string | undefined): Cells<Column> | undefined {
    this.#number += 1;
    if (line === undefined) throw this.wrong("expected a row, got a line of more than 4 MiB");
    const text = (this.#number === 1 ? line.replace(/^\uFEFF/, "") : line).trim();
    if (text === "" || text.startsWith("#")) return undefined;
    if (this.#reader === undefined) {
      this.#reader = readerFor(text, this.#file, this.#number, this.#layout);
      if (this.#reader.isHeader) return undefined;
    }
    return this.#reader.read(text, this.#number);
  }

  /** An error at the last line. */
  wrong(message: string): UserError {
    return rowError(this.#file, this.#number, message);
  }
}
