import * as z from "zod";
import type { Reading } from "../../core/index.ts";
import { withPath } from "../shared/http.ts";
import { SourceError } from "../shared/source-error.ts";
import { readingOfSeries } from "./influxql.ts";
import { errorIn, noValue, type Question, readingOf } from "./question.ts";

const answerShape = z.array(z.record(z.string(), z.unknown()));

/**
 * Asks InfluxDB 3, in SQL or InfluxQL, which answers a list of rows; columns without a value are left out of a row. For
 * InfluxQL its documentation shows InfluxDB 1's form and its own tests show rows: either is understood.
 */
export async function rows(question: Question): Promise<Reading> {
  const { settings, asked } = question;
  const given = await askRows(question);
  const answer = rowsIn(given);
  if (answer === undefined) return readingOfSeries(given, question);
  for (const row of answer.toReversed()) {
    const value = valueIn(row);
    if (value !== undefined) return readingOf(value, row.time ?? undefined, asked);
  }
  throw noValue(settings.query);
}

/** What InfluxDB 3 answers. */
export function askRows({ http, settings, signal }: Omit<Question, "asked">): Promise<unknown> {
  const url = withPath(settings.url, `api/v3/query_${settings.language}`);
  const body = JSON.stringify({ db: settings.database, q: settings.query, format: "json" });
  const headers = { "content-type": "application/json" };
  return http.json({ url, method: "POST", headers, body, signal, errorIn });
}

/** The rows of an answer; undefined where it has InfluxDB 1's form. */
export function rowsIn(given: unknown): readonly Readonly<Record<string, unknown>>[] | undefined {
  if (typeof given === "object" && given !== null && "results" in given) return undefined;
  const answer = answerShape.safeParse(given);
  if (!answer.success) throw new SourceError("Malformed", "expected InfluxDB's list of rows");
  return answer.data;
}

/** The last column that has a value and is no label. */
export function valueIn(row: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(row).findLast(([column, cell]) => !isLabel(column) && cell !== null)?.[1];
}

function isLabel(column: string): boolean {
  return column === "time" || column === "iox::measurement";
}
