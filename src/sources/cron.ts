import { Cron } from "croner";
import * as z from "zod";
import type { Instant } from "../core/index.ts";
import { reportedAt } from "./shared/settings.ts";
import { defineSource } from "./shared/source.ts";

const expression = (about: string) =>
  z.string().refine(isCron, "expected a cron expression such as 0 8 * * MON-FRI").describe(about);

const settings = z
  .strictObject({
    start: expression("When the window begins, as a cron expression (five fields, or six with seconds first)"),
    end: expression("When it ends, as a cron expression; or write durationSeconds").optional(),
    durationSeconds: z
      .number()
      .positive("expected more than 0 seconds")
      .describe("How long it lasts, in seconds; or write end")
      .optional(),
    timeZone: z
      .string()
      .refine(isTimeZone, "expected an IANA time zone such as Europe/Berlin")
      .default("UTC")
      .describe("Time zone of the expressions, as an IANA name; daylight saving is heeded"),
    openWhile: z
      .enum(["StartIsLast", "EndIsNext"])
      .describe(
        "When the window is open. StartIsLast: from each start to the first end after it. EndIsNext, with end: while an end comes no later than the next start, as in KEDA. They differ only where starts and ends do not alternate",
      )
      .optional(),
    value: z.number().min(0, "expected 0 or more").describe("The value inside the window"),
    valueOutside: z.number().min(0, "expected 0 or more").default(0).describe("The value outside of it"),
  })
  .refine(
    ({ end, durationSeconds }) => (end === undefined) !== (durationSeconds === undefined),
    reportedAt("end", "expected exactly one of end and durationSeconds"),
  )
  .refine(
    ({ end, openWhile }) => openWhile !== "EndIsNext" || end !== undefined,
    reportedAt("openWhile", "expected end beside EndIsNext, got none"),
  );

export default defineSource({
  type: "cron",
  about: "One value inside a window of the calendar and another outside: a floor by the clock",
  settings,
  pace: { movingSeconds: 10, steadySeconds: 30 },
  example: { start: "0 8 * * MON-FRI", end: "0 18 * * MON-FRI", timeZone: "Europe/Berlin", value: 10 },
  notes: [
    "Beside other signals it is a floor: the largest recommendation wins. For bounds by the clock, an object has `schedule`.",
  ],
  connect(window, tools) {
    const valueAt = windowValue(window);
    return {
      async read() {
        const at = tools.now();
        return { at, value: valueAt(at) };
      },
    };
  },
});

function isCron(text: string): boolean {
  try {
    new Cron(text, { paused: true });
    return true;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** A window of the calendar, and the values inside and outside of it. */
export type ValuedWindow = z.output<typeof settings>;

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

/** The last run at or before `now`; croner finds runs strictly before its argument. */
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
