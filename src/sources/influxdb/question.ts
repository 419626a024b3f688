import * as z from "zod";
import type { Instant, Reading } from "../../core/index.ts";
import type { HttpClient } from "../shared/http.ts";
import { instantOf } from "../shared/instant-of.ts";
import { numeric } from "../shared/numeric.ts";
import { EmptyAnswerError, SourceError } from "../shared/source-error.ts";
import type { InfluxdbSettings } from "./settings.ts";

/** One look at InfluxDB, handed to the protocol of its version. */
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

/** What InfluxDB says of a query that it refuses. */
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

/** The failure of a query that gave nothing to read. */
export function noValue(query: string): SourceError {
  return new EmptyAnswerError(`the query gives no value: ${query}`);
}
