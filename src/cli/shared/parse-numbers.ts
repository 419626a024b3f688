import { parseDuration } from "../../shared/parse-time.ts";
import { UserError } from "../../shared/user-error.ts";

/** Seconds of an option that is a duration, or a user's mistake. */
export function parseDurationOption(flag: string, text: string, least = 0): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds >= least) return seconds;
  const more = least > 0 ? ` of ${least} s or more` : "";
  throw new UserError(`${flag}: expected a duration${more} such as 500ms, 90s, 10m or 2h, got "${text}"`);
}

interface Range {
  readonly from: number;
  readonly to?: number;
  readonly whole?: true;
}

/** The number of an option, or a user's mistake. */
export function parseNumberOption(
  flag: string,
  text: string,
  { from, to = Number.POSITIVE_INFINITY, whole }: Range,
): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= from && value <= to && Number.isFinite(value) && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? "a whole number" : "a number";
  const range = Number.isFinite(to) ? `from ${from} to ${to}` : `of ${from} or more`;
  throw new UserError(`${flag}: expected ${kind} ${range}, got "${text}"`);
}
