import type { Instant } from "../reading.ts";

/** Arrivals are foretold for each quarter of an hour of the week, by the clock (UTC). */
export const BIN_MS = 900_000;
export const DAY_BINS = 96;
export const WEEK_BINS = 672;
/** So many bins are foretold at once: an hour, the longest start-up, and the bin that has begun. */
export const BINS_AHEAD = 5;
/** A bin of which less was watched teaches nothing. */
const WATCHED_SHARE = 0.9;

/** Weights of Taylor's double-seasonal exponential smoothing: of the level, the day, the week, and of the last error. */
const LEVEL = 0.1;
const DAY = 0.2;
const WEEK = 0.2;
const LAST_ERROR = 0.95;

/** Errors are averaged over two days, and over six hours beside: what is wrong now is noticed soon. */
const LONG_BINS = 192;
const SHORT_BINS = 24;
/** Before so many bins were compared the forecast is watched alone. */
const FEWEST_BINS = 192;
/** It has to beat the best of the naive ones by this factor in two days, and at all in six hours. */
const MARGIN = 0.9;

/** Arrivals in the bin that has begun, as far as they were watched. */
export interface CountedBin {
  readonly at: Instant;
  readonly arrived: number;
  readonly seenMs: number;
}

/** What arrivals usually are, in messages a second: a level, and what the time of the day and of the week add to it. */
export interface SeasonProfile {
  readonly level: number;
  /** The last bin's difference from that. */
  readonly error: number;
  /** By quarter of an hour of the day, and of the week from Thursday on (as the epoch began). */
  readonly day: readonly number[];
  readonly week: readonly number[];
}

/** Mean absolute errors of forecasts of the next bin, and the mean of what came. Messages a second. */
export interface BinErrors {
  readonly own: number;
  /** Of "as in the bin before". */
  readonly last: number;
  /** Of "as in the last day on average". */
  readonly mean: number;
  readonly actual: number;
}

/** What is foretold, and how good that was. */
export interface Outlook {
  /** When the first bin that it speaks of began. */
  readonly at: Instant;
  /** Messages a second, bin by bin. */
  readonly perSecond: readonly number[];
  /** Bins that were watched, and those whose forecasts were compared with what came. */
  readonly bins: number;
  readonly compared: number;
  /** The newest bin, and the mean of a day: the naive forecasts. */
  readonly last: number;
  readonly mean: number;
  readonly long: BinErrors;
  readonly short: BinErrors;
}

/** What is remembered for the forecast. Its size is fixed. */
export interface Season {
  readonly bin?: CountedBin;
  readonly profile?: SeasonProfile;
  readonly outlook?: Outlook;
}

/** The season after so many messages arrived between two looks. */
export function noteArrivals(season: Season, from: Instant, until: Instant, arrived: number): Season {
  const at = binOf(until);
  const { bin, ...known } = season;
  // Of a pause longer than a bin nothing is known.
  if (bin === undefined || until - from > BIN_MS) return { ...known, bin: { at, arrived: 0, seenMs: 0 } };
  if (at === bin.at)
    return { ...known, bin: { at, arrived: bin.arrived + arrived, seenMs: bin.seenMs + until - from } };
  const before = Math.max(0, bin.at + BIN_MS - from);
  const share = before / (until - from);
  const whole = { ...bin, arrived: bin.arrived + arrived * share, seenMs: bin.seenMs + before };
  const begun = { at, arrived: arrived * (1 - share), seenMs: until - Math.max(from, at) };
  if (whole.seenMs < BIN_MS * WATCHED_SHARE) return { ...known, bin: begun };
  return { bin: begun, ...learnBin(known, bin.at, (whole.arrived * 1000) / whole.seenMs) };
}

/** After a pause, or a step of the clock: the bin that has begun was not watched. */
export function withoutBin({ bin: _, ...known }: Season): Season {
  return known;
}

/** Additive double-seasonal Holt-Winters with a term for the last error (Taylor 2003), and its errors beside naive ones. */
export function learnBin({ profile, outlook }: Season, at: Instant, rate: number): Required<Omit<Season, "bin">> {
  const index = Math.floor(at / BIN_MS);
  const { level, day, week } = profile ?? empty();
  const bins = outlook?.bins ?? 0;
  const [dayPart, weekPart] = [dayAt(day, index), weekAt(week, index)];
  const isFirstDay = bins < DAY_BINS;
  const newLevel = level + (isFirstDay ? 1 / (bins + 1) : LEVEL) * (rate - dayPart - weekPart - level);
  const newDay = dayPart + (isFirstDay ? 1 : DAY) * (rate - newLevel - weekPart - dayPart);
  const newWeek = weekPart + (isFirstDay ? 0 : WEEK) * (rate - newLevel - dayPart - weekPart);
  const next: SeasonProfile = {
    level: newLevel,
    // In the first day no slot has been seen before: there is no error yet.
    error: isFirstDay ? 0 : rate - level - dayPart - weekPart,
    day: day.with(index % DAY_BINS, newDay),
    week: week.with(index % WEEK_BINS, newWeek),
  };
  const mean = (outlook?.mean ?? 0) + (rate - (outlook?.mean ?? 0)) / Math.min(bins + 1, DAY_BINS);
  const judged = outlook?.at === at && bins >= DAY_BINS ? judge(outlook, rate) : known(outlook);
  const perSecond = foretell(next, at + BIN_MS);
  return { profile: next, outlook: { at: at + BIN_MS, perSecond, bins: bins + 1, last: rate, mean, ...judged } };
}

/** Messages a second in the bins from that one on. */
export function foretell({ level, error, day, week }: SeasonProfile, at: Instant): readonly number[] {
  const first = Math.floor(at / BIN_MS);
  return Array.from({ length: BINS_AHEAD }, (_, ahead) => {
    const index = first + ahead;
    return Math.max(0, level + dayAt(day, index) + weekAt(week, index) + LAST_ERROR ** (ahead + 1) * error);
  });
}

type Judged = Pick<Outlook, "compared" | "long" | "short">;
const NO_ERRORS: BinErrors = { own: 0, last: 0, mean: 0, actual: 0 };

function known(outlook: Outlook | undefined): Judged {
  const { compared = 0, long = NO_ERRORS, short = NO_ERRORS } = outlook ?? {};
  return { compared, long, short };
}

function judge({ perSecond, last, mean, compared, long, short }: Outlook, rate: number): Judged {
  const off = {
    own: Math.abs(rate - (perSecond[0] ?? 0)),
    last: Math.abs(rate - last),
    mean: Math.abs(rate - mean),
    actual: rate,
  };
  const moved = (before: BinErrors, most: number): BinErrors => {
    const weight = 1 / Math.min(compared + 1, most);
    const move = (field: keyof BinErrors) => before[field] + weight * (off[field] - before[field]);
    return { own: move("own"), last: move("last"), mean: move("mean"), actual: move("actual") };
  };
  return { compared: compared + 1, long: moved(long, LONG_BINS), short: moved(short, SHORT_BINS) };
}

/** Whether it is so much better than naive forecasts that it may count. */
export function isSkilled({ compared, long, short }: Outlook): boolean {
  if (compared < FEWEST_BINS) return false;
  return long.own < MARGIN * naiveError(long) && short.own < naiveError(short);
}

/** That of the better naive forecast. */
export function naiveError({ last, mean }: BinErrors): number {
  return Math.min(last, mean);
}

/**
 * Arrivals a second that are as good as sure to come in one of the bins of that time: what is foretold less its mean
 * error. Undefined where nothing was foretold for now, which is so half an hour after the last bin that was watched.
 */
export function surelyArriving({ at, perSecond, long }: Outlook, now: Instant, seconds: number): number | undefined {
  const first = Math.floor((now - at) / BIN_MS);
  if (first < 0 || first > 1) return undefined;
  const last = Math.min(BINS_AHEAD - 1, Math.floor((now + seconds * 1000 - at) / BIN_MS));
  return Math.max(0, Math.max(...perSecond.slice(first, last + 1)) - long.own);
}

function binOf(at: Instant): Instant {
  return Math.floor(at / BIN_MS) * BIN_MS;
}

function dayAt(day: readonly number[], index: number): number {
  return day[index % DAY_BINS] ?? 0;
}

function weekAt(week: readonly number[], index: number): number {
  return week[index % WEEK_BINS] ?? 0;
}

function empty(): SeasonProfile {
  const zeros = (length: number): readonly number[] => Array.from({ length }, () => 0);
  return { level: 0, error: 0, day: zeros(DAY_BINS), week: zeros(WEEK_BINS) };
}
