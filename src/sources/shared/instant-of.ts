import type { Instant } from "../../core/index.ts";

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
