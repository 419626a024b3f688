import type { Reading } from "../../core/index.ts";
import { csvTables } from "../shared/csv.ts";
import { withPath } from "../shared/http.ts";
import { SourceError } from "../shared/source-error.ts";
import { noValue, type Question, readingOf } from "./question.ts";

/** Asks InfluxDB 2.x, which answers a table of CSV for each series. */
export async function flux({ http, settings, asked, signal }: Question): Promise<Reading> {
  const url = withPath(settings.url, "api/v2/query");
  url.search = new URLSearchParams({ org: settings.organization ?? "" }).toString();
  const headers = {
    accept: "application/csv",
    "content-type": "application/vnd.flux",
    ...(settings.bearerToken === undefined ? {} : { authorization: `Token ${settings.bearerToken}` }),
  };
  const answer = await http.text({ url, method: "POST", headers, body: settings.query, signal }, "CSV");
  const tables = csvTables(answer);
  // A query that fails after its first results ends with such a table, under a status of 200; what came before is cut short.
  const [, said] = tables.find(([head]) => head?.includes("error") && !head.includes("table")) ?? [];
  if (said) throw new SourceError("Malformed", `InfluxDB says: ${http.excerpt(said.join(" "))}`);
  const [head, ...rows] = tables[0] ?? [];
  if (!head) throw noValue(settings.query);
  if (!head.includes("table")) throw new SourceError("Malformed", `expected Flux's CSV, got "${http.excerpt(answer)}"`);
  const value = head.includes("_value") ? head.indexOf("_value") : head.length - 1;
  const table = rows[0]?.[head.indexOf("table")];
  const series = rows.filter((row) => row[head.indexOf("table")] === table);
  const row = series.findLast((cells) => (cells[value] ?? "") !== "");
  if (!row) throw noValue(settings.query);
  return readingOf(row[value], row[head.indexOf("_time")], asked);
}
