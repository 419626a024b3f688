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

/** A cron expression as the parser in KEDA (robfig/cron) reads it, in the spelling that everybody reads the same. */
export interface CronExpression {
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

/** "*" alone stays, since days of the month and of the week combine in another way where both are stated. */
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

/** A step over the end leaves the first value alone, and some parsers refuse it. */
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
