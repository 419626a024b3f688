import type { Instant } from "../../core/index.ts";

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
export function momentOf(text: string): Moment | undefined {
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

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Zones are at most so far from UTC, and change their offset once within so long a time. */
const AROUND_MS = 15 * HOUR_MS;

/** A moment that a clock on the wall shows: once, or where clocks were changed, twice or never. */
export interface Shown {
  readonly at: Instant;
  readonly shown: "once" | "twice" | "never";
}

/** Clocks of one time zone, with daylight saving time. */
export class WallClock {
  readonly #format: Intl.DateTimeFormat;
  #day = Number.NaN;
  /** Of that day; undefined while clocks are changed around it. */
  #offset: number | undefined;

  /** `timeZone`: one that `timeZoneProblem` says nothing about. */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
  }

  /**
   * When the clock showed this (given in milliseconds as if it stood in Greenwich). Of a time that was shown twice the
   * first one that is not before `last`; for one that was never shown, the moment when clocks were put forward.
   */
  instantOf(shown: number, last: Instant = Number.NEGATIVE_INFINITY): Shown {
    const day = Math.floor(shown / DAY_MS) * DAY_MS;
    if (day !== this.#day) {
      const offset = this.#offsetAt(day - AROUND_MS);
      this.#offset = this.#offsetAt(day + DAY_MS + AROUND_MS) === offset ? offset : undefined;
      this.#day = day;
    }
    if (this.#offset !== undefined) return { at: shown - this.#offset, shown: "once" };
    const [before, after] = [this.#offsetAt(shown - AROUND_MS), this.#offsetAt(shown + AROUND_MS)];
    const times = [...new Set([shown - before, shown - after])].filter((at) => at + this.#offsetAt(at) === shown);
    const [first, second] = times.sort((one, other) => one - other);
    if (first === undefined) return { at: this.#change(shown - after, shown - before), shown: "never" };
    if (second === undefined) return { at: first, shown: "once" };
    return { at: first < last ? second : first, shown: "twice" };
  }

  /** When the offset changes, between two moments. */
  #change(from: Instant, to: Instant): Instant {
    const before = this.#offsetAt(from);
    let [low, high] = [from, to];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    return high;
  }

  #offsetAt(moment: Instant): number {
    const name = this.#format.formatToParts(moment).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const [, sign, hours = "0", minutes = "0", seconds = "0"] = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name) ?? [];
    const size = (Number(hours) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1_000;
    return sign === "-" ? -size : size;
  }
}
