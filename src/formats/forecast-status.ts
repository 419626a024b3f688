import {
  type BinErrors,
  DAY_BINS,
  type DrainMemory,
  foretell,
  isSkilled,
  naiveError,
  type Season,
  WEEK_BINS,
} from "../core/index.ts";
import { roughly } from "../core/wording.ts";
import { instantOf } from "./kubernetes-object.ts";
import { record, rfc3339, type Stored } from "./stored.ts";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** Two digits of 64 a number: its 2047 steps on either side of 0 are finer than any forecast. */
const STEPS = 2_047;
const MOST = 1e9;
const FIELDS = ["own", "last", "mean", "actual"] as const;

/** The forecast of a drain rule as a field of its signal: about 2 kB. Rewritten once every quarter of an hour. */
export function renderForecast({ season }: DrainMemory, previous: unknown): Stored | undefined {
  const { profile, outlook } = season ?? {};
  if (profile === undefined || outlook === undefined) return undefined;
  const before = record(previous);
  const time = rfc3339(outlook.at);
  if (before.time === time) return before;
  const { long, short, perSecond, compared, bins, last, mean } = outlook;
  const { level, error, day, week } = profile;
  const scale = Math.max(Number.MIN_VALUE, ...[...day, ...week].map(Math.abs));
  const share = (wrong: number) => (long.actual > 0 ? roughly(wrong / long.actual) : 0);
  return {
    perSecond: roughly(perSecond[0] ?? 0),
    error: share(long.own),
    naiveError: share(naiveError(long)),
    compared,
    skilled: isSkilled(outlook),
    time,
    memory: {
      ...{ bins, level, error, last, mean, scale },
      ...{ long: FIELDS.map((field) => long[field]), short: FIELDS.map((field) => short[field]) },
      ...{ day: encode(day, scale), week: encode(week, scale) },
    },
  };
}

/** What a status remembers of a forecast; undefined where it is not as we write it. */
export function restoreForecast(stored: unknown): Season | undefined {
  const { time, compared, memory } = record(stored);
  const { bins, level, error, last, mean, scale, long, short, day, week } = record(memory);
  const at = instantOf(time);
  const numbers = [compared, bins, last, mean, scale];
  const [longErrors, shortErrors] = [restoreErrors(long), restoreErrors(short)];
  if (at === undefined || longErrors === undefined || shortErrors === undefined) return undefined;
  if (!numbers.every((one) => isNumber(one) && one >= 0) || !isNumber(level) || !isNumber(error)) return undefined;
  const [days, weeks] = [decode(day, DAY_BINS, Number(scale)), decode(week, WEEK_BINS, Number(scale))];
  if (days === undefined || weeks === undefined) return undefined;
  const profile = { level, error, day: days, week: weeks };
  const known = { bins: Number(bins), compared: Number(compared), last: Number(last), mean: Number(mean) };
  return { profile, outlook: { at, perSecond: foretell(profile, at), ...known, long: longErrors, short: shortErrors } };
}

function restoreErrors(stored: unknown): BinErrors | undefined {
  if (!Array.isArray(stored) || stored.length !== FIELDS.length) return undefined;
  if (!stored.every((one) => isNumber(one) && one >= 0)) return undefined;
  const [own, last, mean, actual] = stored as [number, number, number, number];
  return { own, last, mean, actual };
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= MOST;
}

function encode(numbers: readonly number[], scale: number): string {
  const digits = numbers.map((number) => {
    const step = Math.round((number / scale) * STEPS) + STEPS;
    return `${DIGITS[step >> 6]}${DIGITS[step & 63]}`;
  });
  return digits.join("");
}

function decode(text: unknown, length: number, scale: number): readonly number[] | undefined {
  if (typeof text !== "string" || text.length !== 2 * length || !/^[\w-]*$/.test(text)) return undefined;
  return Array.from({ length }, (_, index) => {
    const [high, low] = [DIGITS.indexOf(text[2 * index] ?? ""), DIGITS.indexOf(text[2 * index + 1] ?? "")];
    return ((high * 64 + low - STEPS) / STEPS) * scale;
  });
}
