import { z } from "zod";
import type { Reading } from "../../core/index.ts";
import { withPath } from "../shared/http.ts";
import { SourceError } from "../shared/source-error.ts";
import { noValue, type Question, readingOf } from "./question.ts";

const answerShape = z.array(z.record(z.string(), z.unknown()));

/** Asks InfluxDB 3, in SQL or InfluxQL, which answers a list of rows; columns without a value are left out of a row. */
export async function rows({ http, settings, asked, signal }: Question): Promise<Reading> {
  const url = withPath(settings.url, `api/v3/query_${settings.language}`);
  const body = JSON.stringify({ db: settings.database, q: settings.query, format: "json" });
  const headers = { "content-type": "application/json" };
  const answer = answerShape.safeParse(await http.json({ url, method: "POST", headers, body, signal }));
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
