import * as z from "zod";
import type { Instant, Reading } from "../../core/index.ts";
import { type HttpClient, withPath } from "../shared/http.ts";
import { checkedHttp, httpSettings, httpUrl, reportedAt, secret, text } from "../shared/settings.ts";
import { EmptyAnswerError, SourceError } from "../shared/source-error.ts";
import { instantOf, numeric } from "../shared/values.ts";

export const influxdbSettings = checkedHttp(
  z.strictObject({
    url: httpUrl("Base address of InfluxDB, such as http://influxdb:8086"),
    version: z
      .enum(["1", "2", "3"])
      .default("1")
      .describe("Major version of the server: 1 is asked in InfluxQL, 2 in Flux, 3 in SQL or InfluxQL"),
    query: text("Query; the last value of the last row of its first series is the reading"),
    database: text("Database (versions 1 and 3)").optional(),
    organization: text("Organization (version 2)").optional(),
    language: z.enum(["influxql", "sql"]).default("influxql").describe("Language of the query (version 3)"),
    ...httpSettings,
    bearerToken: secret("API token (versions 2 and 3; version 1 takes a username and a password)").optional(),
  }),
)
  .refine(
    ({ version, organization }) => version !== "2" || organization !== undefined,
    reportedAt("organization", "expected the organization, as version 2 asks"),
  )
  .refine(
    ({ version, database }) => version === "2" || database !== undefined,
    reportedAt("database", "expected the database, as versions 1 and 3 ask"),
  );

export type InfluxdbSettings = z.output<typeof influxdbSettings>;

export interface Question {
  readonly http: HttpClient;
  readonly settings: InfluxdbSettings;
  readonly asked: Instant;
  readonly signal: AbortSignal;
}

const CODES = [
  ...["internal error", "not found", "conflict", "invalid", "unprocessable entity", "empty value", "unavailable"],
  ...["forbidden", "too many requests", "unauthorized", "method not allowed", "request too large"],
  "unsupported media type",
] as const;

/**
 * https://docs.influxdata.com/influxdb/v1/tools/api/, https://docs.influxdata.com/influxdb/v2/api/ (Error), and version 3's
 * `{"error", "data"}`. With any other field it is another system's.
 */
const errorShapes = z.union([
  z.strictObject({ error: z.string(), data: z.null().optional() }),
  z.object({ code: z.enum(CODES), message: z.string() }),
]);

export function errorIn(answer: unknown): string | undefined {
  const { data } = errorShapes.safeParse(answer);
  return data && ("error" in data ? data.error : data.message);
}

/** A value and the timestamp beside it as a reading; `asked` where the row has no timestamp. */
export function readingOf(value: unknown, timestamp: unknown, asked: Instant): Reading {
  const number = numeric(value);
  if (number === undefined)
    throw new SourceError("Malformed", `expected a number in the last column, got a ${typeof value}`);
  const at = timestamp === undefined ? asked : instantOf(timestamp);
  if (at === undefined) throw new SourceError("Malformed", "expected a time in the column named time");
  return { at, value: number };
}

export function noValue(query: string): SourceError {
  return new EmptyAnswerError(`the query gives no value: ${query}`);
}

/** Rows without a value are not an empty answer: they say nothing of the value. */
function onlyNulls(query: string): SourceError {
  return new SourceError("NotFound", `the query gives nothing but null: ${query}`);
}

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

export function askInfluxql({ http, settings, signal }: Omit<Question, "asked">): Promise<unknown> {
  const url = withPath(settings.url, "query");
  url.search = new URLSearchParams({ db: settings.database ?? "", q: settings.query, epoch: "ms" }).toString();
  return http.json({ url, signal, errorIn });
}

/** The last value of the first series of an answer in the form of InfluxDB 1. */
function readingOfSeries(given: unknown, { http, settings, asked }: Question): Reading {
  const [series] = seriesIn(given, http);
  // The newest group of `group by time(...)` is null until its first point is written.
  const row = series?.values.findLast((values) => values.at(-1) !== null && values.length > 1);
  if (!series) throw noValue(settings.query);
  if (!row) throw onlyNulls(settings.query);
  const time = isTimeless(settings.query) ? undefined : row[series.columns.indexOf("time")];
  return readingOf(row.at(-1), time, asked);
}

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

const rowsShape = z.array(z.record(z.string(), z.unknown()));

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
  throw answer.length === 0 ? noValue(settings.query) : onlyNulls(settings.query);
}

export function askRows({ http, settings, signal }: Omit<Question, "asked">): Promise<unknown> {
  const url = withPath(settings.url, `api/v3/query_${settings.language}`);
  const body = JSON.stringify({ db: settings.database, q: settings.query, format: "json" });
  const headers = { "content-type": "application/json" };
  return http.json({ url, method: "POST", headers, body, signal, errorIn });
}

/** The rows of an answer; undefined where it has InfluxDB 1's form. */
export function rowsIn(given: unknown): readonly Readonly<Record<string, unknown>>[] | undefined {
  if (typeof given === "object" && given !== null && "results" in given) return undefined;
  const answer = rowsShape.safeParse(given);
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
