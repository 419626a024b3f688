import * as z from "zod";
import type { Reading } from "../../core/index.ts";
import { type HttpClient, withPath } from "../shared/http.ts";
import { SourceError } from "../shared/source-error.ts";
import { errorIn, noValue, type Question, readingOf } from "./question.ts";

const seriesShape = z.object({
  columns: z.array(z.string()),
  values: z.array(z.array(z.unknown())),
  /** The server has cut the rows off. */
  partial: z.boolean().optional(),
});
export type InfluxSeries = z.output<typeof seriesShape>;
const answerShape = z.object({
  error: z.string().optional(),
  results: z.array(z.object({ error: z.string().optional(), series: z.array(seriesShape).optional() })).optional(),
});

/** Asks InfluxDB 1.x, which answers its errors inside of a 200. */
export async function influxql(question: Question): Promise<Reading> {
  return readingOfSeries(await askInfluxql(question), question);
}

/** What InfluxDB 1.x answers. */
export function askInfluxql({ http, settings, signal }: Omit<Question, "asked">): Promise<unknown> {
  const url = withPath(settings.url, "query");
  url.search = new URLSearchParams({ db: settings.database ?? "", q: settings.query, epoch: "ms" }).toString();
  return http.json({ url, signal, errorIn });
}

/** The last value of the first series of an answer in the form of InfluxDB 1. */
export function readingOfSeries(given: unknown, { http, settings, asked }: Question): Reading {
  const [series] = seriesIn(given, http);
  // The newest group of `group by time(...)` is null until its first point is written.
  const row = series?.values.findLast((values) => values.at(-1) !== null && values.length > 1);
  if (!series || !row) throw noValue(settings.query);
  const time = isTimeless(settings.query) ? undefined : row[series.columns.indexOf("time")];
  return readingOf(row.at(-1), time, asked);
}

/** All series of an answer in the form of InfluxDB 1. */
export function seriesIn(given: unknown, http: HttpClient): readonly InfluxSeries[] {
  const answer = answerShape.safeParse(given);
  if (!answer.success) throw new SourceError("Malformed", "expected InfluxDB's answer with results and series");
  const error = answer.data.error ?? answer.data.results?.find((result) => result.error !== undefined)?.error;
  if (error !== undefined) throw new SourceError(kindOf(error), `InfluxDB says: ${http.excerpt(error)}`);
  return answer.data.results?.[0]?.series ?? [];
}

/** Without `group by time(...)` an aggregate stands at the beginning of its range, or at 1970: not at a point's time. */
function isTimeless(query: string): boolean {
  const aggregates = /\b(?:count|distinct|integral|mean|median|mode|spread|stddev|sum)\s*\(/i.test(query);
  if (!aggregates) return false;
  const group = /\bgroup\s+by\b/i.exec(query);
  return group === null || !/\btime\s*\(/i.test(query.slice(group.index));
}

function kindOf(error: string): "NotFound" | "Unavailable" | "Unauthorized" | "Malformed" {
  if (/not found|not exist/i.test(error)) return "NotFound";
  if (/authoriz|permission/i.test(error)) return "Unauthorized";
  return /timeout|limit|too many|shutdown/i.test(error) ? "Unavailable" : "Malformed";
}
