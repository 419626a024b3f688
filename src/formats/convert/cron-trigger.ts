import { Cron } from "croner";
import type { Problem } from "../../core/index.ts";
import { clockOffset, nextRun, windowValue } from "../../sources/cron.ts";
import { timeZoneProblem } from "../schedule.ts";
import { type CronExpression, robfigCron } from "./robfig-cron.ts";
import { type Conversion, lacking, type Settings } from "./trigger.ts";

/** KEDA's cron: a signal with its number of replicas inside the window and none outside. */
export const cronTrigger: Conversion = ({ name, settings: s }) => {
  const wrong = lacking(s, "start", "end", "timezone", "desiredReplicas");
  if (wrong.length > 0) return { wrong };
  const [start, end] = [robfigCron(s.start ?? ""), robfigCron(s.end ?? "")];
  if (typeof start === "string" || typeof end === "string") {
    const found = Object.entries({ start, end }).flatMap(([field, message]) =>
      typeof message === "string" ? [{ path: `metadata.${field}`, message }] : [],
    );
    return { wrong: found };
  }
  const timeZone = start.timeZone ?? s.timezone ?? "";
  const problem = windowProblem(s, timeZone, { start, end });
  if (problem !== undefined) return { wrong: [problem] };
  const cron = { start: start.text, end: end.text, timeZone };
  const openWhile = isReadOtherwise(cron) ? { openWhile: "EndIsNext" } : {};
  const source = { cron: { ...cron, ...openWhile, value: Number(s.desiredReplicas) } };
  return { signal: { name, source, perReplica: { value: 1 } } };
};

function windowProblem(
  s: Settings,
  timeZone: string,
  { start, end }: { readonly start: CronExpression; readonly end: CronExpression },
): Problem | undefined {
  if (s.start === s.end) {
    const message = `expected another time than start, got ${JSON.stringify(s.end)} too: KEDA refuses this trigger`;
    return { path: "metadata.end", message, remedy: "name the time at which the window ends", severity: "warning" };
  }
  for (const [field, { text }] of Object.entries({ start, end })) {
    if (new Cron(text).nextRun() !== null) continue;
    const message = `expected a time that comes, got ${JSON.stringify(s[field])}, which never does`;
    return { path: `metadata.${field}`, message };
  }
  if ((end.timeZone ?? s.timezone) !== timeZone) {
    return { path: "metadata.end", message: `expected the time zone of start (${timeZone}), got another one` };
  }
  if (timeZone === "Local") {
    const remedy = 'write its name, such as "Europe/Berlin"; KEDA\'s image has UTC unless TZ is set';
    return { path: "metadata.timezone", message: "expected the name of a time zone, got Local", remedy };
  }
  const wrong = /^[+-]/.test(timeZone)
    ? `expected the name of a time zone, got ${timeZone}`
    : timeZoneProblem(timeZone);
  return wrong === undefined ? undefined : { path: "metadata.timezone", message: wrong };
}

type Window = { readonly start: string; readonly end: string; readonly timeZone: string };

/** Runs of an expression that are compared, from now on and around each change of the clocks. */
const RUNS = 100;
const DAY_MS = 24 * 3_600_000;

/** Whether a window from each start to the first end after it is not open at the same times as KEDA's. */
function isReadOtherwise(window: Window): boolean {
  const values = { ...window, value: 1, valueOutside: 0 };
  const [plain, keda] = [windowValue(values), windowValue({ ...values, openWhile: "EndIsNext" })];
  return timesToCompare(window, Date.now()).some((at) => plain(at - 1) !== keda(at - 1) || plain(at) !== keda(at));
}

function timesToCompare({ start, end, timeZone }: Window, now: number): readonly number[] {
  const offsetAt = clockOffset(timeZone);
  const days = Array.from({ length: 366 }, (_, day) => now + day * DAY_MS);
  const changes = days.filter((day) => offsetAt(day) !== offsetAt(day + DAY_MS));
  const spans = [
    { from: now, until: Number.POSITIVE_INFINITY },
    ...changes.map((day) => ({ from: day - DAY_MS, until: day + 2 * DAY_MS })),
  ];
  return [nextRun(start, timeZone), nextRun(end, timeZone)].flatMap((next) =>
    spans.flatMap(({ from, until }) => {
      const times: number[] = [];
      for (let at = next(from); at < until && times.length < RUNS; at = next(at)) times.push(at);
      return times;
    }),
  );
}
