import { Cron } from "croner";
import type { Problem } from "../../core/index.ts";
import { timeZoneProblem } from "../shared/time-zone.ts";
import type { Note } from "./draft.ts";
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
  const cron = { start: start.text, end: end.text, timeZone, value: Number(s.desiredReplicas) };
  const notes = repeats(start.text, end.text) ? [REPEATS] : [];
  return { signal: { name, source: { cron }, perReplica: { value: 1 } }, notes };
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

const REPEATS: Note = {
  path: ["source", "cron"],
  text: "starts and ends do not take turns: under KEDA the window is open while an end comes next, here while a start came last",
};

/** Number of starts and ends that are compared. */
const EVENTS = 500;

/** Whether two starts, or two ends, follow each other. */
function repeats(start: string, end: string): boolean {
  const runs = (text: string, isStart: boolean) =>
    new Cron(text, { timezone: "UTC" }).nextRuns(EVENTS).map((at) => ({ at: at.getTime(), isStart }));
  const [starts, ends] = [runs(start, true), runs(end, false)];
  const until = Math.min(starts.at(-1)?.at ?? 0, ends.at(-1)?.at ?? 0);
  const events = [...starts, ...ends].filter(({ at }) => at <= until).sort((one, other) => one.at - other.at);
  return events.some(({ isStart }, index) => index > 0 && events[index - 1]?.isStart === isStart);
}
