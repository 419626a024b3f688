import type { Reading } from "../../core/index.ts";
import { csvTables } from "../shared/csv.ts";
import { withPath } from "../shared/http.ts";
import { SourceError } from "../shared/source-error.ts";
import { errorIn, noValue, type Question, readingOf } from "./question.ts";

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
  const byTable = new Map<string | undefined, (typeof rows)[number][]>();
  for (const row of rows) {
    const table = byTable.get(row[number]);
    if (table === undefined) byTable.set(row[number], [row]);
    else table.push(row);
  }
  return { head: { value, time: head.indexOf("_time") }, tables: [...byTable.values()] };
}
