import type { Instant } from "../../core/index.ts";
import type { Consumer } from "./source.ts";
import { EmptyAnswerError, SourceError } from "./source-error.ts";

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** The finite number that a value or its decimal text stands for; undefined for everything else (null, "", NaN, true). */
export function numeric(value: unknown): number | undefined {
  if (typeof value === "bigint") return Number(value);
  const number = typeof value === "string" && DECIMAL.test(value.trim()) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** Seconds since the epoch stay below this until the year 5138; milliseconds have been above it since 1973. */
const FIRST_MILLISECONDS = 1e11;

/** The moment that a timestamp stands for: ISO 8601 (UTC where it names no zone), or seconds or milliseconds since the epoch. */
export function instantOf(timestamp: unknown): Instant | undefined {
  if (typeof timestamp === "number" && Number.isFinite(timestamp)) {
    return Math.abs(timestamp) < FIRST_MILLISECONDS ? timestamp * 1000 : timestamp;
  }
  if (timestamp instanceof Date) return instantOf(timestamp.getTime());
  if (typeof timestamp !== "string" || !/^\d{4}-\d{2}-\d{2}/.test(timestamp)) return undefined;
  const zoned = /(?:z|[+-]\d{2}:?\d{2})$/i.test(timestamp) || timestamp.length === 10;
  const at = Date.parse(zoned ? timestamp : `${timestamp}Z`);
  return Number.isNaN(at) ? undefined : at;
}

/** The number in the first column of a query's first row; no row and NULL are a missing value, never 0. */
export function firstValue(rows: readonly (readonly unknown[])[]): number {
  const [row] = rows;
  if (!row) throw new EmptyAnswerError("the query gives no row");
  const [cell] = row;
  if (cell === null || cell === undefined) throw new EmptyAnswerError("the query gives NULL");
  const value = numeric(cell);
  if (value === undefined)
    throw new SourceError("Malformed", `expected a number in the first column, got a ${typeof cell} that is none`);
  return value;
}

/** No workload has more workers. */
export const MOST_BUSY_ROWS = 10_000;

/** The setting of a database's query where it asks who is busy. */
export const BUSY_QUERY = {
  ...{ setting: "query", as: "busyQuery" },
  about:
    "SELECT with one row for each busy worker: its pod's name, host name or address, and if you like the number of its messages and when it began the oldest",
} as const;

/**
 * One row for each busy worker: what it is known by, and perhaps how many messages it has and when it began the oldest.
 * A worker without a name is one of the workload's, and nobody knows which: that is an error, not an idle worker.
 */
export function busyRows(rows: readonly (readonly unknown[])[]): readonly Consumer[] {
  if (rows.length > MOST_BUSY_ROWS) {
    throw new SourceError("Malformed", `expected at most ${MOST_BUSY_ROWS} busy workers, got more rows`);
  }
  return rows.map(([worker, messages, began]) => {
    if (typeof worker !== "string" || worker === "") {
      const message =
        "expected the pod's name, host name or address in the first column of each row, got another value";
      throw new SourceError("Malformed", message);
    }
    const consumer = { worker, messages: Math.max(numeric(messages) ?? 1, 1) };
    const since = instantOf(began);
    return since === undefined ? consumer : { ...consumer, since };
  });
}
