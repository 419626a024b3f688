import { UserError } from "../../shared/user-error.ts";

/** The value of a field of a manifest. */
export type Scalar = string | number | boolean;

/** A field and the values to try for it. */
export interface FieldValues {
  /** Such as "spec.signals[queue].backlog.messagesPerReplica". */
  readonly path: string;
  readonly count: number;
  /** Created on demand: a range may be larger than memory. */
  readonly values: () => readonly Scalar[];
}

const NUMBER = String.raw`-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?`;
const RANGE = new RegExp(`^(${NUMBER})(%?)\\.\\.(${NUMBER})(%?)(?:([/*])(${NUMBER}))?$`);
const PATH = /^[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*|\[[\w.-]+\])*$/;
const EXPECTED =
  "expected FIELD=VALUES such as spec.targetMessagesPerWorker=1..50, =10..100/10, =1..1000*2 or =5,10,20";

/** Parses "spec.minReplicas=0..5,10": values, ranges with a step (1..50/7) or a factor (1..1000*2), percentages too. */
export function parseFieldValues(flag: string, text: string): FieldValues {
  const equals = text.indexOf("=");
  const path = text.slice(0, Math.max(0, equals)).trim();
  const items = text.slice(equals + 1).split(",");
  if (equals < 1 || !PATH.test(path)) throw new UserError(`${flag}: ${EXPECTED}, got "${text}"`);
  const parts = items.map((item) => parseItem(`${flag} ${path}`, item.trim()));
  return {
    path,
    count: parts.reduce((sum, { count }) => sum + count, 0),
    values: () => [...new Set(parts.flatMap(({ values }) => values()))],
  };
}

type Part = Pick<FieldValues, "count" | "values">;

function parseItem(where: string, item: string): Part {
  if (item === "") throw new UserError(`${where}: expected values between the commas, got none`);
  const [, from, percent, to, otherPercent, kind = "/", size = "1"] = RANGE.exec(item) ?? [];
  if (from === undefined || to === undefined) return parseSingle(where, item);
  if (percent !== otherPercent)
    throw new UserError(`${where}: expected both ends as percentages or none, got "${item}"`);
  const [first, last, step] = [Number(from), Number(to), Number(size)];
  if (!(last >= first)) throw new UserError(`${where}: expected a range that goes up, got "${item}"`);
  const range =
    kind === "*" ? geometricRange(where, item, first, last, step) : arithmeticRange(where, item, first, last, step);
  if (percent === "") return range;
  return { count: range.count, values: () => range.values().map((value) => `${value}%`) };
}

function parseSingle(where: string, item: string): Part {
  if (item.includes("..")) {
    throw new UserError(`${where}: expected a range of numbers such as 1..50, 10..100/10 or 1..1000*2, got "${item}"`);
  }
  const isNumber = new RegExp(`^${NUMBER}$`).test(item);
  const value = isNumber ? Number(item) : item === "true" || item === "false" ? item === "true" : item;
  return { count: 1, values: () => [value] };
}

function arithmeticRange(where: string, item: string, first: number, last: number, step: number): Part {
  if (!(step > 0)) throw new UserError(`${where}: expected a step above 0, got "${item}"`);
  const count = Math.floor((last - first) / step + 1e-9) + 1;
  return { count, values: () => Array.from({ length: count }, (_, index) => tidy(first + index * step)) };
}

function geometricRange(where: string, item: string, first: number, last: number, factor: number): Part {
  if (!(factor > 1 && first > 0)) {
    throw new UserError(`${where}: expected a factor above 1 and a beginning above 0, got "${item}"`);
  }
  const count = Math.floor(Math.log(last / first) / Math.log(factor) + 1e-9) + 1;
  return { count, values: () => Array.from({ length: count }, (_, index) => tidy(first * factor ** index)) };
}

/** 0.1 + 0.2 is 0.3. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

/** All combinations of values; the last field changes fastest. */
export function combineValues(fields: readonly Pick<FieldValues, "path" | "values">[]): readonly Settings[] {
  return fields.reduce<readonly Settings[]>(
    (some, { path, values }) => some.flatMap((settings) => values().map((value) => ({ ...settings, [path]: value }))),
    [{}],
  );
}

/** Values by the paths of their fields. */
export type Settings = Readonly<Record<string, Scalar>>;

/** Formats settings as "targetMessagesPerWorker=5 minReplicas=1". */
export function formatSettings(settings: Settings): string {
  const paths = Object.keys(settings);
  const names = shortNames(paths);
  return paths.map((path, index) => `${names[index]}=${settings[path]}`).join(" ");
}

/** The last part of each path, or whole paths if two have the same last part. */
export function shortNames(paths: readonly string[]): readonly string[] {
  const names = paths.map((path) => path.split(".").at(-1) ?? path);
  return new Set(names).size < names.length ? paths : names;
}
