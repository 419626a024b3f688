import { parseMoment } from "../../shared/parse-time.ts";
import { UserError } from "../../shared/user-error.ts";
import { TIME_NAME } from "./column-names.ts";

/** What is wrong with a row of a file. */
export function rowError(file: string, line: number, message: string): UserError {
  return new UserError(`${file}:${line}: ${message}`);
}

/** A cell as a message shows it: never long, and harmless to a terminal whatever is in it. */
export function quoted(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return `"${short.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`;
}

/** The cells of a row that matter, as text; a column that the file has not is absent. */
export type Cells<Column extends string> = { readonly time: string } & { readonly [Name in Column]?: string };

/** Columns or keys that a user named. */
export type ColumnNames<Column extends string> = { readonly [Name in Column | "time"]?: string | undefined };

/** What a file has beside its times. */
interface Layout<Column extends string> {
  /** In their order where a file has no line of names: how each is usually called. */
  readonly usual: Readonly<Record<Column, RegExp>>;
  /** The column that the first one with a name unheard of is. */
  readonly otherwise?: Column;
  readonly names: ColumnNames<Column>;
}

/** Makes cells of one line. */
type RowReader<Column extends string> = (line: string, number: number) => Cells<Column>;

/** Rows of JSON that have others every time do not fill the memory. */
const MOST_KEYS = 100;
/** No column is called so: a row whose time is wrong, not a line of names. */
const NUMERIC = /^[-+.]?\d/;

/** Which of a file's names mean what, and which mean nothing here. */
export interface KnownColumns<Column extends string> {
  readonly used: { readonly [Name in Column | "time"]?: string };
  /** What a user may name. */
  readonly choosable: readonly Column[];
  readonly unused: readonly string[];
}

interface FittingReader<Column extends string> {
  readonly read: RowReader<Column>;
  /** Whether the line by which it was chosen holds no row. */
  readonly isHeader: boolean;
  /** As far as it was read; undefined for a file without names. */
  readonly columns: () => KnownColumns<Column> | undefined;
}

/** The reader that suits a file, judged by its first line. */
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
    // Such as 1,000 with a separator of thousands: to take the 1 would be wrong.
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
      // No value at all is what an empty cell is.
      const value = row[key] === null && name !== "time" ? "" : row[key];
      found[name] = cellOf(value, key, file, number);
    }
    return found as Cells<Column>;
  };
  // Later rows may have more keys than the first one, and which are used is settled by that one.
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

/** Which key is which column: as the user says, or by usual names; the time stands first where no name tells. */
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

/** Cells in double quotes may hold separators; a quote in them is written twice. */
function splitQuoted(line: string, separator: string): string[] {
  const cells: string[] = [];
  const cell = new RegExp(`(?:^|${separator})(?:"((?:[^"]|"")*)"|([^${separator}]*))`, "g");
  for (const [, inQuotes, plain = ""] of line.matchAll(cell)) cells.push(inQuotes?.replaceAll('""', '"') ?? plain);
  return cells;
}

/** The rows among a recorded file's lines; a byte order mark, blank lines, comments and a header are none. */
export class RecordedLines<Column extends string> {
  readonly #file: string;
  readonly #layout: Layout<Column>;
  #number = 0;
  #reader: FittingReader<Column> | undefined;

  constructor(file: string, layout: Layout<Column>) {
    this.#file = file;
    this.#layout = layout;
  }

  /** The number of the line that was taken last; the first one is 1. */
  get number(): number {
    return this.#number;
  }

  /** Whether there was nothing so far, not even a header. */
  get isEmpty(): boolean {
    return this.#reader === undefined;
  }

  /** What the file's names mean; undefined where it has none, and before the first row. */
  get columns(): KnownColumns<Column> | undefined {
    return this.#reader?.columns();
  }

  /** The next line's row, if it is one. Undefined stands for a line that was too long to be kept. */
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

  /** An error at the line that was taken last. */
  wrong(message: string): UserError {
    return rowError(this.#file, this.#number, message);
  }
}
