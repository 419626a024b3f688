import { UserError } from "./user-error.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, min: 60, h: 3_600, d: 86_400, w: 604_800 };

/** Seconds in "90s", "10m", "2h", "1.5d", "1w", "500ms" or a bare number; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, number = "", unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|min|m|h|d|w)?$/.exec(text.trim()) ?? [];
  const seconds = Number(number) * (UNITS[unit] ?? Number.NaN);
  return number !== "" && Number.isFinite(seconds) ? seconds : undefined;
}

const AGO = /^-?(?<spans>(?:\d+(?:\.\d+)?\s*[a-z]+\s*)+?)(?:\s*ago)?$/;
const SPAN = /\d+(?:\.\d+)?\s*[a-z]+/g;

/** The moment that is so long ago: "now", "15m", "1h30m", "2 h ago", "-5m"; undefined for anything else. */
export function parseAgo(text: string, now: number): number | undefined {
  if (text.trim() === "now") return now;
  const spans = AGO.exec(text.trim())
    ?.groups?.spans?.match(SPAN)
    ?.map((span) => parseDuration(span.replace(/\s/g, "")));
  if (spans === undefined) return undefined;
  const seconds = spans.reduce((sum, one) => (sum ?? Number.NaN) + (one ?? Number.NaN), 0) ?? Number.NaN;
  return Number.isFinite(seconds) ? now - Math.round(seconds * 1000) : undefined;
}

/** The last day that a calendar of four digits has. */
const LAST = Date.UTC(9999, 11, 31);

/** A time (UTC where it names no zone; seconds of the epoch or finer), or how long ago it was, as an option says it. */
export function parseInstant(flag: string, text: string, now: number): number {
  const instant = parseAgo(text, now) ?? timeFrom(text);
  if (instant !== undefined && instant >= 0 && instant <= LAST) return instant;
  throw new UserError(
    `${flag}: expected a time such as 2026-01-02T03:04:05Z, or how long ago such as 15m, got "${text}"`,
  );
}

/** Small numbers are no time: nobody knows what they count from. */
function timeFrom(text: string): number | undefined {
  const moment = parseMoment(text);
  return moment === undefined || moment.notation === "seconds" ? undefined : moment.at;
}

/** Numbers below this are seconds from a start of their own, from here on seconds of the epoch (1973 and later). */
const FIRST_EPOCH_SECOND = 1e8;
const LAST_MILLISECOND = 8.64e15;
const ZERO = 48;

/** Numbers from `from` on (1973; in the unit before, the year 5138) are so many of a unit that goes into a millisecond so often. */
const FINER_UNITS = [
  { from: 1e17, notation: "epoch nanoseconds", perMillisecond: 1e6 },
  { from: 1e14, notation: "epoch microseconds", perMillisecond: 1e3 },
  { from: 1e11, notation: "epoch milliseconds", perMillisecond: 1 },
] as const;

const DATE = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?\s*(?:Z|UTC|[+-]\d\d(?::?\d\d)?)?$/i;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** How a file writes its times: all rows must do it alike. */
export type Notation =
  | "seconds"
  | "epoch seconds"
  | (typeof FINER_UNITS)[number]["notation"]
  | "dates without a zone"
  | "dates with a zone";

export interface Moment {
  /** Milliseconds, of the epoch or from the file's own start. */
  readonly at: number;
  readonly notation: Notation;
}

/** A time as files have it: 1998-04-30 21:30:00, 2023-11-16T18:17:03.97996Z, or a number. A date without a zone is taken as UTC. */
export function parseMoment(text: string): Moment | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  if (DATE.test(trimmed)) return ofDate(trimmed);
  const number = Number(trimmed);
  return Number.isFinite(number) ? ofNumber(number) : undefined;
}

/** `text` matches DATE, so each part stands at its place: with the groups of a match a year of minutes takes twice as long. */
function ofDate(text: string): Moment | undefined {
  const end = endOfClock(text);
  const hour = end < 16 ? 0 : number(text, 11, 13);
  const minute = end < 16 ? 0 : number(text, 14, 16);
  const second = end < 19 ? 0 : number(text, 17, 19);
  const whole = utc(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10), hour, minute, second);
  if (whole === undefined) return undefined;
  const at = end > 20 ? whole + number(text, 20, end) / 10 ** (end - 23) : whole;
  if (end === text.length) return { at, notation: "dates without a zone" };
  return { at: at - offsetOf(text.slice(end)), notation: "dates with a zone" };
}

/** Where the zone begins, or the end: after 2024-06-01, 2024-06-01T12:00, 2024-06-01T12:00:00 or its fraction. */
function endOfClock(text: string): number {
  if (text[13] !== ":" || text[10] === "+" || text[10] === "-") return 10;
  if (text[16] !== ":") return 16;
  if (text[19] !== "." && text[19] !== ",") return 19;
  let end = 20;
  while (isDigit(text, end)) end += 1;
  return end;
}

/** The number that the digits in that part of the text are. */
function number(text: string, from: number, to: number): number {
  let value = 0;
  for (let index = from; index < to; index += 1) value = value * 10 + text.charCodeAt(index) - ZERO;
  return value;
}

function isDigit(text: string, index: number): boolean {
  const digit = text.charCodeAt(index) - ZERO;
  return digit >= 0 && digit <= 9;
}

function ofNumber(number: number): Moment | undefined {
  if (number < 0) return undefined;
  if (number < FIRST_EPOCH_SECOND) return { at: number * 1000, notation: "seconds" };
  const finer = FINER_UNITS.find(({ from }) => number >= from);
  if (finer === undefined) return { at: number * 1000, notation: "epoch seconds" };
  const at = number / finer.perMillisecond;
  return at > LAST_MILLISECOND ? undefined : { at, notation: finer.notation };
}

/** Undefined for a day or hour that does not exist. */
function utc(year: number, month: number, day: number, hour: number, minute: number, second: number) {
  const isLeap = month === 2 && day === 29 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const isDay = day >= 1 && (day <= (DAYS[month - 1] ?? 0) || isLeap);
  if (!isDay || hour > 23 || minute > 59 || second > 60) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Of Z, UTC, +05:30, -0800 or, as PostgreSQL writes it, +02, in milliseconds. */
function offsetOf(zone: string): number {
  if (!isDigit(zone, zone.length - 1)) return 0;
  const [, sign, hours, minutes = 0] = /([+-])(\d\d)(?::?(\d\d))?$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
