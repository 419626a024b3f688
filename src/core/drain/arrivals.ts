import type { DrainMemory, FlowPoint, ForecastErrors } from "./drain-memory.ts";
import { newestUntil, pointBefore, rateBetween } from "./flow.ts";

/** A mean over less is no rate. */
export const SHORTEST_MS = 60_000;
/** Arrivals of the next minute are foretold by the mean of one of these times: by the one that was best of late. */
export const MEAN_WINDOWS_MS = [SHORTEST_MS, 120_000, 300_000, 600_000] as const;
/** Before this many minutes were compared, two minutes count. */
const FEWEST_MINUTES = 5;
const USUAL_WINDOW = 1;
/** Arrivals from before a pause or a restart stand for those of now for so long, and may raise the number. */
const REMEMBERED_MS = 600_000;
/** The trend is that of so long a time, or of as much of it as was watched. */
const TREND_MS = 600_000;
/** Errors are averaged over this many minutes. */
const MEMORY_MINUTES = 60;
/** Above this multiple of what chance alone (a Poisson stream) makes of it, the last minute's mean is a bad forecast. */
const NOISE_FACTOR = 8;
/** Where the long means begin among the windows. */
const FIRST_LONG = 2;

/** Over these times a rise is looked for. */
export const RISE_WINDOWS_MS = [15_000, 30_000, 60_000];
/** A rise counts as far as this many deviations (of a Poisson count) below it. */
const DEVIATIONS = 2;
/** A rise is expected to last this many times as long as it has lasted. Arrivals that come fitfully: once. */
const PERSISTENCE = 4;
const FITFUL_PERSISTENCE = 1;

/** What is known of the arrivals. */
export interface Arrivals {
  /** The mean of the window that foretold best. */
  readonly perSecond: number;
  /** Whether they were counted for a minute by now; else they are those that were counted before a pause or a restart. */
  readonly isCounted: boolean;
  /** Whether they come and go faster than the last minute could foretell. */
  readonly isFitful: boolean;
  /** Messages that arrive within that many seconds from now, a rise of the last minute included. */
  readonly within: (seconds: number) => number;
}

/** Undefined before a minute was watched, unless they were known a short time before. */
export function arrivalsOf({ flow = [], forecast }: DrainMemory): Arrivals | undefined {
  const newest = flow.at(-1);
  if (newest === undefined) return undefined;
  const perSecond = bestMean(flow, forecast);
  if (perSecond === undefined) return rememberedArrivals(newest, forecast);
  const isFitful = isFitfulBy(forecast);
  const persistence = isFitful ? FITFUL_PERSISTENCE : PERSISTENCE;
  const within = (seconds: number) => {
    let most = perSecond * seconds;
    for (const ms of RISE_WINDOWS_MS) {
      const from = pointBefore(flow, ms);
      if (from === undefined) continue;
      const past = (newest.at - from.at) / 1000;
      const count = newest.arrived - from.arrived;
      const rate = (count - DEVIATIONS * Math.sqrt(Math.max(0, count))) / past;
      const lasts = Math.min(seconds, persistence * past);
      most = Math.max(most, rate * lasts + perSecond * (seconds - lasts));
    }
    return most;
  };
  return { perSecond, isCounted: true, isFitful, within };
}

/** The mean of the window that foretold best, or of as much of it as there is; undefined before a minute was watched. */
function bestMean(flow: readonly FlowPoint[], forecast: ForecastErrors | undefined): number | undefined {
  const newest = flow.at(-1);
  const since = pointBefore(flow, SHORTEST_MS);
  if (newest === undefined || since === undefined) return undefined;
  const first = pointBefore(flow, MEAN_WINDOWS_MS[bestWindow(forecast)] ?? SHORTEST_MS) ?? flow[0] ?? since;
  return rateBetween(first, newest);
}

function rememberedArrivals(newest: FlowPoint, forecast: ForecastErrors | undefined): Arrivals | undefined {
  const { at, perSecond } = forecast ?? {};
  if (at === undefined || perSecond === undefined || newest.at - at > REMEMBERED_MS) return undefined;
  return { perSecond, isCounted: false, isFitful: isFitfulBy(forecast), within: (seconds) => perSecond * seconds };
}

/** Once a minute: what arrives, and how far the mean of each window, as it was a minute ago, was from what came. Squares, averaged. */
export function judgeForecasts(before: ForecastErrors | undefined, flow: readonly FlowPoint[]): ForecastErrors {
  const newest = flow.at(-1) as FlowPoint;
  if (before === undefined) return { at: newest.at, minutes: 0, squares: MEAN_WINDOWS_MS.map(() => 0), noise: 0 };
  if (newest.at - before.at < SHORTEST_MS) return before;
  const index = newestUntil(flow, newest.at - SHORTEST_MS);
  const then = flow[index];
  // After a pause: what was known before it stays, with its age, until a minute was watched again.
  if (then === undefined || index < 1) return before.perSecond === undefined ? { ...before, at: newest.at } : before;
  const actual = rateBetween(then, newest);
  const minutes = before.minutes + 1;
  const weight = 1 / Math.min(minutes, MEMORY_MINUTES);
  const move = (from: number, to: number) => from + weight * (to - from);
  const squares = MEAN_WINDOWS_MS.map((ms, which) => {
    const since = flow[Math.max(0, newestUntil(flow, then.at - ms))] as FlowPoint;
    return move(before.squares[which] ?? 0, (rateBetween(since, then) - actual) ** 2);
  });
  // A Poisson count of a minute has its mean as variance.
  const noise = move(before.noise, (actual * 1000) / SHORTEST_MS);
  const judged = { at: newest.at, minutes, squares, noise };
  return { ...judged, perSecond: bestMean(flow, judged) ?? actual, trend: trendOf(flow, newest) };
}

/** By how much arrivals a second change within a minute: the newer half of the time against the older one. */
function trendOf(flow: readonly FlowPoint[], newest: FlowPoint): number {
  const first = flow[Math.max(0, newestUntil(flow, newest.at - TREND_MS))] as FlowPoint;
  const middle = flow[newestUntil(flow, (first.at + newest.at) / 2)] as FlowPoint;
  const change = rateBetween(middle, newest) - rateBetween(first, middle);
  return newest.at > first.at ? (change * 2 * SHORTEST_MS) / (newest.at - first.at) : 0;
}

function bestWindow(forecast: ForecastErrors | undefined): number {
  if (forecast === undefined || forecast.minutes < FEWEST_MINUTES) return USUAL_WINDOW;
  return forecast.squares.indexOf(Math.min(...forecast.squares));
}

function isFitfulBy(forecast: ForecastErrors | undefined): boolean {
  if (forecast === undefined || forecast.minutes < FEWEST_MINUTES) return false;
  const { squares, noise } = forecast;
  const [last = 0] = squares;
  return last > NOISE_FACTOR * noise && Math.min(...squares.slice(FIRST_LONG)) < last;
}
