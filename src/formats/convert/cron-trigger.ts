import { Cron } from "croner";
import type { Problem } from "../../core/index.ts";
import { clockOffset, nextRun, windowValue } from "../../sources/cron.ts";
import { timeZoneProblem } from "../schedule.ts";
import type { Settings, TriggerType } from "./trigger.ts";

/** KEDA's cron: a signal with its number of replicas inside the window and none outside. */
export const cron: TriggerType = {
  fields: { desiredReplicas: "wholeTarget" },
  required: ["start", "end", "timezone", "desiredReplicas"],
  convert(s) {
    const [start, end] = [robfigCron(s.start ?? ""), robfigCron(s.end ?? "")];
    if (typeof start === "string" || typeof end === "string") {
      const problems = Object.entries({ start, end }).map(
        ([field, message]) => typeof message === "string" && { path: `metadata.${field}`, message },
      );
      return { problems, source: {} };
    }
    const timeZone = start.timeZone ?? s.timezone ?? "";
    const problem = windowProblem(s, timeZone, { start, end });
    if (s.timezone === undefined || problem !== undefined) return { problems: [s.timezone && problem], source: {} };
    const window = { start: start.text, end: end.text, timeZone };
    const openWhile = isReadOtherwise(window) ? { openWhile: "EndIsNext" } : {};
    return { source: { cron: { ...window, ...openWhile, value: Number(s.desiredReplicas) } }, each: "1" };
  },
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

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const FIELDS: readonly Field[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of the month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: MONTHS },
  { name: "day of the week", min: 0, max: 6, names: DAYS },
];

/** A cron expression as the parser in KEDA (robfig/cron) reads it, in a spelling that every parser reads the same. */
interface CronExpression {
  readonly text: string;
  /** From a CRON_TZ= or TZ= in front. */
  readonly timeZone?: string;
}

/** Reads an expression of five fields; what is wrong with it is a text. */
export function robfigCron(stated: string): CronExpression | string {
  const [, timeZone, expression = ""] = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.*)$/s.exec(stated.trim()) ?? [];
  const got = `got ${JSON.stringify(stated)}`;
  if (expression.startsWith("@")) return `expected five fields, ${got}: KEDA reads no @-words`;
  const words = expression.split(/\s+/).filter(Boolean);
  if (words.length !== FIELDS.length) return `expected five fields, ${got}`;
  const read = FIELDS.map((field, index) => readField(words[index] ?? "", field));
  const wrong = read.indexOf(undefined);
  if (wrong >= 0) {
    const { name, min, max } = FIELDS[wrong] as Field;
    return `expected ${name}s from ${min} to ${max}, with "-" for ranges, "/" for steps and "," for lists, got ${JSON.stringify(words[wrong])} in ${JSON.stringify(stated)}`;
  }
  return { text: read.join(" "), ...(timeZone === undefined ? {} : { timeZone }) };
}

/** "*" stays, since days of the month and of the week combine in another way where both are stated. */
function readField(text: string, field: Field): string | undefined {
  const parts = text.split(",").filter(Boolean);
  const read = parts.map((part) => readRange(part, field));
  if (read.length === 0 || read.includes(undefined)) return undefined;
  return read.includes("*") ? "*" : read.join(",");
}

/** Of "a/b" without an end, the end is the field's last value. */
function readRange(text: string, field: Field): string | undefined {
  const match = /^(?:(?<all>[*?])|(?<low>[^-/]+)(?:-(?<high>[^-/]+))?)(?:\/(?<step>\d+))?$/.exec(text);
  const { all, low = "", high, step: stated } = match?.groups ?? {};
  const step = Number(stated ?? 1);
  if (match === null || step === 0) return undefined;
  if (all !== undefined) return step === 1 ? "*" : spelled(field.min, field.max, step);
  const first = numberOf(low, field) ?? Number.NaN;
  const end = stated === undefined ? first : field.max;
  const last = high === undefined ? end : (numberOf(high, field) ?? Number.NaN);
  return first >= field.min && last <= field.max && first <= last ? spelled(first, last, step) : undefined;
}

/** A step past the end means the first value only; some parsers refuse it. */
function spelled(first: number, last: number, step: number): string {
  if (first + step > last) return first === last || step > 1 ? `${first}` : `${first}-${last}`;
  return step === 1 ? `${first}-${last}` : `${first}-${last}/${step}`;
}

function numberOf(text: string, { names = [], min }: Field): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  return named >= 0 ? named + min : whole(text);
}

function whole(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
