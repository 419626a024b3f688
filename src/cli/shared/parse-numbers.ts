import { parseDuration } from "../../shared/parse-time.ts";
import { UserError } from "../../shared/user-error.ts";

/** Seconds of an option that is a duration. */
export function parseDurationOption(flag: string, text: string, least?: number): number;
export function parseDurationOption(flag: string, text: string | undefined, least?: number): number | undefined;
export function parseDurationOption(flag: string, text: string | undefined, least = 0): number | undefined {
  if (text === undefined) return undefined;
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

/** The number of an option. */
export function parseNumberOption(flag: string, text: string, range: Range): number;
export function parseNumberOption(flag: string, text: string | undefined, range: Range): number | undefined;
export function parseNumberOption(flag: string, text: string | undefined, range: Range): number | undefined {
  if (text === undefined) return undefined;
  const { from, to = Number.POSITIVE_INFINITY, whole } = range;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= from && value <= to && Number.isFinite(value) && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? "a whole number" : "a number";
  const limits = Number.isFinite(to) ? `from ${from} to ${to}` : `of ${from} or more`;
  throw new UserError(`${flag}: expected ${kind} ${limits}, got "${text}"`);
}

/** Names the flag in a user error that `attempt` throws. */
export function withFlag<Value>(flag: string, attempt: () => Value): Value {
  try {
    return attempt();
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${flag}: ${error.message}`) : error;
  }
}
