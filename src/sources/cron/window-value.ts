import { Cron } from "croner";
import type { Instant } from "../../core/index.ts";

/** A window of the calendar, and the values inside and outside of it. */
export interface ValuedWindow {
  readonly start: string;
  readonly end?: string | undefined;
  readonly durationSeconds?: number | undefined;
  readonly timeZone: string;
  readonly value: number;
  readonly valueOutside: number;
}

/** The value at any moment. */
export function windowValue(window: ValuedWindow): (now: Instant) => number {
  const { start, end, durationSeconds, timeZone, value, valueOutside } = window;
  const begins = new Cron(start, { timezone: timeZone, paused: true });
  const ends = end === undefined ? undefined : new Cron(end, { timezone: timeZone, paused: true });
  const isInside = (now: Instant) => {
    const began = latest(begins, now);
    if (began === undefined) return false;
    if (ends === undefined) return now < began + (durationSeconds ?? 0) * 1000;
    return began > (latest(ends, now) ?? Number.NEGATIVE_INFINITY);
  };
  return (now) => (isInside(now) ? value : valueOutside);
}

/** The last run at or before `now`; croner looks strictly before its argument. */
function latest(cron: Cron, now: Instant): Instant | undefined {
  return cron.previousRuns(1, new Date(now + 1))[0]?.getTime();
}
