import type { Reading } from "../../core/index.ts";
import { withPath } from "../shared/http.ts";
import { SourceError } from "../shared/source-error.ts";
import { errorIn, noValue, type Question, readingOf } from "./protocols.ts";

interface FluxTables {
  readonly head: { readonly value: number; readonly time: number };
  readonly tables: readonly (readonly (readonly string[])[])[];
}

/** Asks InfluxDB 2.x, which answers a table of CSV for each series. */
export async function flux(question: Question): Promise<Reading> {
  const { head, tables } = await fluxTables(question);
  const row = tables[0]?.findLast((cells) => (cells[head.value] ?? "") !== "");
  if (!row) throw noValue(question.settings.query);
  return readingOf(row[head.value], row[head.time], question.asked);
}

/** The rows of each table of the first answer, and which of their columns are which. */
export async function fluxTables({ http, settings, signal }: Omit<Question, "asked">): Promise<FluxTables> {
  const url = withPath(settings.url, "api/v2/query");
  url.search = new URLSearchParams({ org: settings.organization ?? "" }).toString();
  const headers = {
    accept: "application/csv",
    "content-type": "application/vnd.flux",
    ...(settings.bearerToken === undefined ? {} : { authorization: `Token ${settings.bearerToken}` }),
  };
  const asked = { url, method: "POST", headers, body: settings.query, signal, errorIn } as const;
  const answer = await http.text(asked, "CSV");
  const tables = csvTables(answer);
  // A query that fails after its first results ends with such a table, under a status of 200; what came before is cut short.
  const [, said] = tables.find(([head]) => head?.includes("error") && !head.includes("table")) ?? [];
  if (said) throw new SourceError("Malformed", `InfluxDB says: ${http.excerpt(said.join(" "))}`);
  const [head, ...rows] = tables[0] ?? [];
  if (!head) return { head: { value: 0, time: 0 }, tables: [] };
  if (!head.includes("table")) {
    throw new SourceError("Malformed", "expected Flux's CSV, got something else", { answer: http.excerpt(answer) });
  }
  const value = head.includes("_value") ? head.indexOf("_value") : head.length - 1;
  const number = head.indexOf("table");
  const byTable = Map.groupBy(rows, (row) => row[number]);
  return { head: { value, time: head.indexOf("_time") }, tables: [...byTable.values()] };
}

type Row = readonly string[];

/** The tables of a CSV text (RFC 4180; a blank line ends a table, `#` begins an annotation), each with its head first. */
export function csvTables(text: string): readonly (readonly Row[])[] {
  const tables: Row[][] = [[]];
  for (const row of records(text)) {
    if (row.length === 1 && row[0] === "") tables.push([]);
    else if (!row[0]?.startsWith("#")) tables.at(-1)?.push(row);
  }
  return tables.filter((table) => table.length > 0);
}

/** In one pass: a cell in quotes may hold commas, line ends and doubled quotes. */
function* records(text: string): Generator<Row> {
  let row: string[] = [];
  for (let from = 0; from <= text.length; ) {
    const cell = text[from] === '"' ? quotedCell(text, from) : plainCell(text, from);
    row.push(cell.value);
    from = cell.end + 1;
    if (text[cell.end] === ",") continue;
    if (text[cell.end] === "\r" && text[from] === "\n") from += 1;
    yield row;
    row = [];
  }
}

interface Cell {
  readonly value: string;
  /** Where the comma or the line's end stands that ends it, or the text's length. */
  readonly end: number;
}

function plainCell(text: string, from: number): Cell {
  let end = from;
  while (end < text.length && text[end] !== "," && text[end] !== "\n" && text[end] !== "\r") end += 1;
  return { value: text.slice(from, end), end };
}

/** What follows a closing quote up to the next comma belongs to no cell and is left out. */
function quotedCell(text: string, from: number): Cell {
  let close = text.indexOf('"', from + 1);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close < 0) return { value: text.slice(from + 1).replaceAll('""', '"'), end: text.length };
  return { value: text.slice(from + 1, close).replaceAll('""', '"'), end: plainCell(text, close + 1).end };
}
