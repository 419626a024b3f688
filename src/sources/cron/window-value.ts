import { Cron } from "croner";
import type { Instant } from "../../core/index.ts";

/** A window of the calendar, and the values inside and outside of it. */
export interface ValuedWindow {
  readonly start: string;
  readonly end?: string | undefined;
  readonly durationSeconds?: number | undefined;
  readonly timeZone: string;
  readonly openWhile?: "StartIsLast" | "EndIsNext" | undefined;
  readonly value: number;
  readonly valueOutside: number;
}

/** The value at any moment. */
export function windowValue(window: ValuedWindow): (now: Instant) => number {
  const { value, valueOutside } = window;
  const isInside = window.openWhile === "EndIsNext" ? isBeforeEnd(window) : isAfterStart(window);
  return (now) => (isInside(now) ? value : valueOutside);
}

function isAfterStart({ start, end, durationSeconds, timeZone }: ValuedWindow): (now: Instant) => boolean {
  const begins = new Cron(start, { timezone: timeZone, paused: true });
  const ends = end === undefined ? undefined : new Cron(end, { timezone: timeZone, paused: true });
  return (now) => {
    const began = latest(begins, now);
    if (began === undefined) return false;
    if (ends === undefined) return now < began + (durationSeconds ?? 0) * 1000;
    return began > (latest(ends, now) ?? Number.NEGATIVE_INFINITY);
  };
}

/** The last run at or before `now`; croner looks strictly before its argument. */
function latest(cron: Cron, now: Instant): Instant | undefined {
  return cron.previousRuns(1, new Date(now + 1))[0]?.getTime();
}

/** KEDA's rule (pkg/scalers/cron_scaler.go), with its times (robfig/cron). */
function isBeforeEnd({ start, end = "", timeZone }: ValuedWindow): (now: Instant) => boolean {
  const [nextStart, nextEnd] = [nextRun(start, timeZone), nextRun(end, timeZone)];
  let known = { from: Number.POSITIVE_INFINITY, until: Number.NEGATIVE_INFINITY, isOpen: false };
  return (now) => {
    if (now < known.from || now >= known.until) {
      const [starts, ends] = [nextStart(now), nextEnd(now)];
      known = { from: now, until: Math.min(starts, ends), isOpen: Number.isFinite(ends) && ends <= starts };
    }
    return known.isOpen;
  };
}

/** No clock is set forward or back by more than this. */
const LARGEST_CHANGE_MS = 3 * 3_600_000;

/**
 * The first moment after `now` at which the clocks of a time zone show a time of the expression. In an hour that
 * daylight-saving time skips there is none, in one that it repeats there are two.
 */
export function nextRun(expression: string, timeZone: string): (now: Instant) => Instant {
  const onTheWall = new Cron(expression, { utcOffset: 0, paused: true });
  const offsetAt = clockOffset(timeZone);
  return (now) => {
    const wall = now + offsetAt(now);
    const isNearChange = offsetAt(now - LARGEST_CHANGE_MS) !== offsetAt(now + LARGEST_CHANGE_MS);
    const around = isNearChange ? LARGEST_CHANGE_MS : 0;
    let first = Number.POSITIVE_INFINITY;
    for (let run = onTheWall.nextRun(new Date(wall - around)); run !== null; run = onTheWall.nextRun(run)) {
      const time = run.getTime();
      if (Number.isFinite(first) && time > wall + around) break;
      const offsets = [offsetAt(time - 26 * 3_600_000), offsetAt(time + 26 * 3_600_000)];
      const moments = offsets.map((offset) => time - offset).filter((at) => at > now && at + offsetAt(at) === time);
      first = Math.min(first, ...moments);
    }
    return first;
  };
}

/** Milliseconds by which the clocks of the zone are ahead of UTC. */
export function clockOffset(timeZone: string): (at: Instant) => number {
  const format = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
  return (at) => {
    const name = format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const [, sign = "+", hours = 0, minutes = 0, seconds = 0] =
      /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name) ?? [];
    return Number(`${sign}1`) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  };
}
