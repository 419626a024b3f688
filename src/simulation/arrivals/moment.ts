/** Numbers below this are seconds from a start of their own, from here on seconds of the epoch (1973 and later). */
const FIRST_EPOCH_SECOND = 1e8;
const LAST_MILLISECOND = 8.64e15;

/** Numbers from `from` on (1973; in the unit before, the year 5138) are so many of a unit that goes into a millisecond so often. */
const FINER_UNITS = [
  { from: 1e17, notation: "epoch nanoseconds", perMillisecond: 1e6 },
  { from: 1e14, notation: "epoch microseconds", perMillisecond: 1e3 },
  { from: 1e11, notation: "epoch milliseconds", perMillisecond: 1 },
] as const;

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/i;

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
  const number = Number(trimmed);
  if (Number.isFinite(number)) return ofNumber(number);
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone] = DATE.exec(trimmed) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const parts = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const at = utc(...parts);
  if (at === undefined) return undefined;
  const milliseconds = Number(`0.${fraction || "0"}`) * 1000;
  return {
    at: at + milliseconds - offsetOf(zone),
    notation: zone === undefined ? "dates without a zone" : "dates with a zone",
  };
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
  const at = Date.UTC(year, month - 1, day, hour, minute, second);
  const isDay = new Date(at).getUTCDate() === day && month >= 1 && month <= 12;
  return (isDay || hour === 24) && hour < 24 && minute < 60 && second < 61 ? at : undefined;
}

function offsetOf(zone: string | undefined): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone ?? "") ?? [];
  if (sign === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
