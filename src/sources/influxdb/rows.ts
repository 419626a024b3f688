import { z } from "zod";
import type { Reading } from "../../core/index.ts";
import { withPath } from "../shared/http.ts";
import { SourceError } from "../shared/source-error.ts";
import { readingOfSeries } from "./influxql.ts";
import { noValue, type Question, readingOf } from "./question.ts";

const answerShape = z.array(z.record(z.string(), z.unknown()));

/**
 * Asks InfluxDB 3, in SQL or InfluxQL, which answers a list of rows; columns without a value are left out of a row. For
 * InfluxQL its documentation shows InfluxDB 1's form and its own tests show rows: either is understood.
 */
export async function rows(question: Question): Promise<Reading> {
  const { http, settings, asked, signal } = question;
  const url = withPath(settings.url, `api/v3/query_${settings.language}`);
  const body = JSON.stringify({ db: settings.database, q: settings.query, format: "json" });
  const headers = { "content-type": "application/json" };
  const given = await http.json({ url, method: "POST", headers, body, signal });
  if (typeof given === "object" && given !== null && "results" in given) return readingOfSeries(given, question);
  const answer = answerShape.safeParse(given);
  if (!answer.success) throw new SourceError("Malformed", "expected InfluxDB's list of rows");
  for (const row of answer.data.toReversed()) {
    const value = Object.entries(row).findLast(([column, cell]) => !isLabel(column) && cell !== null)?.[1];
    if (value !== undefined) return readingOf(value, row.time ?? undefined, asked);
  }
  throw noValue(settings.query);
}

function isLabel(column: string): boolean {
  return column === "time" || column === "iox::measurement";
}
