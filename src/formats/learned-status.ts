import type { DrainMemory, ForecastErrors, LearnedStartUp, LearnedTime, SignalVerdict } from "../core/index.ts";
import { roughly } from "../core/wording.ts";
import { renderForecast, restoreForecast } from "./forecast-status.ts";
import { instantOf } from "./kubernetes-object.ts";
import { list, record, rfc3339, type Stored } from "./stored.ts";

/** What moved by less than this share is not worth a write, for as long as LASTS_MS. */
const SMALL_CHANGE = 0.1;
const LASTS_MS = 600_000;
/** What a status says is believed within these. */
const MOST_VARIATION = 5;
const MOST_SECONDS = 30 * 24 * 3600;
const MOST_PER_SECOND = 1e9;
const WINDOWS = 4;

/** What a drain rule has learned, as fields of its signal. */
export function renderLearning(
  { learned, arrivals }: SignalVerdict,
  drain: DrainMemory = {},
  previous: Stored | undefined = {},
): Stored {
  const forecast = renderForecast(drain, previous.forecast);
  return {
    ...(learned === undefined ? {} : { learned: renderTime(learned, previous.learned) }),
    ...(arrivals === undefined ? {} : { arrivals: renderArrivals(arrivals, previous.arrivals) }),
    ...(drain.startUp === undefined ? {} : { startUp: renderStartUp(drain.startUp, previous.startUp) }),
    ...(forecast === undefined ? {} : { forecast }),
  };
}

/** What is learned moves all the time. It is written when it moved by more than a little, is twice as sure, or is old. */
function renderTime({ secondsPerMessage, messages, at, variation }: LearnedTime, previous: unknown): Stored {
  const before = record(previous);
  if (isStill({ number: secondsPerMessage, count: messages, at }, before, "secondsPerMessage", "messages"))
    return before;
  const time = { secondsPerMessage: roughly(secondsPerMessage), messages, time: rfc3339(at) };
  return variation === undefined ? time : { ...time, variation: roughly(variation) };
}

function renderStartUp({ seconds, pods, at }: LearnedStartUp, previous: unknown): Stored {
  const before = record(previous);
  if (isStill({ number: seconds, count: pods, at }, before, "seconds", "pods")) return before;
  return { seconds: roughly(seconds), pods, time: rfc3339(at) };
}

function renderArrivals({ perSecond = 0, trend = 0, minutes, at, squares, noise }: ForecastErrors, previous: unknown) {
  const before = record(previous);
  if (isStill({ number: perSecond, count: minutes, at }, before, "perSecond", "minutes")) return before;
  const numbers = { perSecond: roughly(perSecond), trend: roughly(trend), minutes, time: rfc3339(at) };
  return { ...numbers, errors: squares.map(roughly), noise: roughly(noise) };
}

interface Moving {
  readonly number: number;
  readonly count: number;
  readonly at: number;
}

function isStill({ number, count, at }: Moving, before: Stored, field: string, counted: string): boolean {
  const [known, knownCount] = [before[field], before[counted]];
  if (typeof known !== "number" || typeof knownCount !== "number") return false;
  const isSmall = Math.abs(number - known) <= known * SMALL_CHANGE;
  const isSoon = at - (instantOf(before.time) ?? Number.NEGATIVE_INFINITY) < LASTS_MS;
  return isSmall && isSoon && count >= knownCount && count < Math.max(1, knownCount) * 2;
}

/** What drain rules had learned by the time of that status. What is not as we write it is left out. */
export function restoreDrains(signals: unknown): Record<string, DrainMemory> {
  const drains = list(signals).flatMap((signal) => {
    const learned = restoreTime(signal.learned);
    const forecast = restoreArrivals(signal.arrivals);
    const season = restoreForecast(signal.forecast);
    const startUp = restoreStartUp(signal.startUp);
    const drain = {
      ...(learned && { learned }),
      ...(forecast && { forecast }),
      ...(startUp && { startUp }),
      ...(season && { season }),
    };
    if (typeof signal.name !== "string" || Object.keys(drain).length === 0) return [];
    return [[signal.name, drain] as const];
  });
  return Object.fromEntries(drains);
}

function restoreTime(stored: unknown): LearnedTime | undefined {
  const { secondsPerMessage, messages, time, variation } = record(stored);
  const at = instantOf(time);
  if (at === undefined || !isWithin(messages, Number.MAX_SAFE_INTEGER)) return undefined;
  if (!isWithin(secondsPerMessage, MOST_SECONDS) || secondsPerMessage === 0) return undefined;
  const known = { secondsPerMessage, messages, at };
  return isWithin(variation, MOST_VARIATION) ? { ...known, variation } : known;
}

function restoreStartUp(stored: unknown): LearnedStartUp | undefined {
  const { seconds, pods, time } = record(stored);
  const at = instantOf(time);
  if (at === undefined || !isWithin(seconds, MOST_SECONDS) || !isWithin(pods, Number.MAX_SAFE_INTEGER))
    return undefined;
  return { seconds, pods, at };
}

function restoreArrivals(stored: unknown): ForecastErrors | undefined {
  const { perSecond, trend, minutes, time, errors, noise } = record(stored);
  const at = instantOf(time);
  const squares = Array.isArray(errors) ? errors.filter((one) => isWithin(one, MOST_PER_SECOND ** 2)) : [];
  if (at === undefined || squares.length !== WINDOWS || !isWithin(noise, MOST_PER_SECOND)) return undefined;
  if (!isWithin(perSecond, MOST_PER_SECOND) || !isWithin(minutes, Number.MAX_SAFE_INTEGER)) return undefined;
  return { at, minutes, squares, noise, perSecond, trend: typeof trend === "number" ? trend : 0 };
}

function isWithin(value: unknown, most: number): value is number {
  return typeof value === "number" && value >= 0 && value <= most;
}
