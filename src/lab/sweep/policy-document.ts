import type { Autoscaler, Problem } from "../../core/index.ts";
import { type Defaults, parseAutoscaler } from "../../formats/formats.ts";
import { describeProblem, fieldPath, isError, valueAt } from "../../formats/problems.ts";
import { UserError } from "../../shared/user-error.ts";
import { asActive, type Policy } from "../rehearsal.ts";
import { combineValues, type FieldValues, formatSettings, parseFieldValues, type Settings } from "./field-values.ts";

/** A policy with its document, so that fields can be changed. */
export interface PolicyDocument extends Policy {
  readonly file: string;
  /** The whole file, and the index of the document in it. */
  readonly text: string;
  readonly document: number;
  /** The object, and its path in the document if that is a list. */
  readonly value: unknown;
  readonly at: string;
}

/** In brackets: an entry of a list by index or `name`. */
type Step = string | { readonly entry: string };

/** A path that does not exist in a document. */
export class FieldPathError extends Error {
  override readonly name = "FieldPathError";
}

/** Resolves a path such as "spec.signals[queue].backlog" to keys; the last ones may be missing in the document. */
export function fieldKeys(path: string, document: unknown): readonly (string | number)[] {
  const keys: (string | number)[] = [];
  let value = document;
  for (const step of stepsOf(path)) {
    const key = typeof step === "string" ? step : entryIn(value, step.entry, path);
    if (typeof step === "string" && Array.isArray(value)) {
      throw new FieldPathError(`expected an entry of the list before .${step}, such as [0] or [NAME]`);
    }
    keys.push(key);
    value = childOf(value, key);
    if (value !== undefined && value !== null && typeof value !== "object" && keys.length < stepsOf(path).length) {
      throw new FieldPathError(`expected a mapping at ${key}, got ${JSON.stringify(value)}`);
    }
  }
  if (typeof value === "object" && value !== null)
    throw new FieldPathError("expected a field with one value, got a mapping or a list");
  return keys;
}

/** Copies a document with another value in a field. */
export function setField(document: unknown, keys: readonly (string | number)[], value: unknown): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  const child = setField(childOf(document, key), rest, value);
  if (Array.isArray(document)) return document.with(key as number, child);
  return { ...(document as object | undefined), [key]: child };
}

function stepsOf(path: string): readonly Step[] {
  return [...path.matchAll(/\[([^\]]+)\]|[^.[\]]+/g)].map(([word, entry]) => (entry === undefined ? word : { entry }));
}

function entryIn(list: unknown, entry: string, path: string): number {
  if (!Array.isArray(list)) throw new FieldPathError(`expected a list before [${entry}] in ${path}`);
  const index = /^\d+$/.test(entry) ? Number(entry) : list.findIndex((one) => childOf(one, "name") === entry);
  if (index >= 0 && index < list.length) return index;
  const names = list.map((one, place) => childOf(one, "name") ?? place).join(", ");
  throw new FieldPathError(`expected one of the list's entries ${names}, got [${entry}]`);
}

function childOf(value: unknown, key: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

/** A policy with other values, or the problems that its parser found. */
type Variant = { readonly autoscaler: Autoscaler; readonly value: unknown } | { readonly problems: readonly string[] };

/** Sets fields of a policy's document and parses it. */
export function applySettings({ value, file }: PolicyDocument, settings: Settings, defaults: Defaults): Variant {
  let changed = value;
  for (const [path, wanted] of Object.entries(settings)) {
    const keys = fieldKeys(path, changed);
    const set = setField(changed, keys, wanted);
    const asText = setField(changed, keys, String(wanted));
    // Some counts are texts, such as maxDisruption: "10".
    changed = isRejected(set, keys, defaults, file) && !isRejected(asText, keys, defaults, file) ? asText : set;
  }
  const parsed = parseAutoscaler(changed, defaults, file);
  if ("autoscaler" in parsed) return { autoscaler: asActive(parsed.autoscaler), value: changed };
  return { problems: parsed.problems.filter(isError).map(describeProblem) };
}

function isRejected(value: unknown, keys: readonly (string | number)[], defaults: Defaults, file: string): boolean {
  const path = fieldPath(keys);
  return parseAutoscaler(value, defaults, file).problems.some(
    (problem: Problem) => isError(problem) && problem.path === path,
  );
}

/** Whether two autoscalers differ only in origin and target. */
function decideAlike(one: Autoscaler, other: Autoscaler): boolean {
  return serializeRules(one) === serializeRules(other);
}

function serializeRules({ id: _, origin: __, target: ___, ...rest }: Autoscaler): string {
  return JSON.stringify(rest);
}

/** Refuses unknown fields: those of which no value changes the policy. */
export function refuseUnknownFields(
  flag: string,
  fields: readonly FieldValues[],
  policy: PolicyDocument,
  defaults: Defaults,
): void {
  const twice = fields.find(({ path }, index) => fields.findIndex((field) => field.path === path) < index);
  if (twice !== undefined) throw new UserError(`${flag} ${twice.path}: expected each field once, got it twice`);
  const wrong = fields.flatMap((field) => {
    const problem = findProblem(field, policy, defaults);
    return problem === undefined ? [] : [`${flag} ${field.path}: ${policy.name}: ${problem}`];
  });
  if (wrong.length > 0) throw new UserError(wrong.join("\nmuster: "));
}

function findProblem({ path, values }: FieldValues, policy: PolicyDocument, defaults: Defaults): string | undefined {
  try {
    const keys = fieldKeys(path, policy.value);
    const isIdle = values().every((value) => {
      const variant = applySettings(policy, { [path]: value }, defaults);
      return "autoscaler" in variant && decideAlike(variant.autoscaler, policy.autoscaler);
    });
    const isAsItIs = values().every((value) => valueAt(policy.value, keys) === value);
    return isIdle && !isAsItIs ? describeField(keys, policy, values()[0], defaults) : undefined;
  } catch (error) {
    if (error instanceof FieldPathError) return error.message;
    throw error;
  }
}

/** The parser's message about a field, if it has one. */
function describeField(
  keys: readonly (string | number)[],
  { value, file }: PolicyDocument,
  wanted: unknown,
  defaults: Defaults,
): string {
  const { problems } = parseAutoscaler(setField(value, keys, wanted), defaults, file);
  const path = fieldPath(keys);
  const own = problems.find((problem) => path === problem.path || path.startsWith(`${problem.path}.`));
  if (own !== undefined) return describeProblem(own);
  const inSpec = isMapping(value) && isMapping(value.spec) && keys[0] !== "spec" && keys[0] !== "metadata";
  const hint = inSpec ? `; did you mean \`spec.${path}\`?` : "";
  return `expected a field that makes a difference, got one that makes none${hint}`;
}

function isMapping(value: unknown): value is { readonly spec?: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const MOST_TOLD = 10;

interface SweepTerms {
  /** Fields with their values, such as "spec.targetMessagesPerWorker=1..50". */
  readonly fields: readonly string[];
  readonly policies: readonly PolicyDocument[];
  readonly defaults: Defaults;
  /** For each combination. */
  readonly runs: number;
  /** Refuse more runs than this. */
  readonly limit: number;
}

/** Every policy with every combination of values; refuses all if one is invalid. */
export function sweepPolicies({ fields: texts, policies, defaults, runs, limit }: SweepTerms): readonly Policy[] {
  const fields = texts.map((text) => parseFieldValues("--sweep", text));
  refuseTooMany(fields, policies.length, runs, limit);
  for (const policy of policies) refuseUnknownFields("--sweep", fields, policy, defaults);
  const wrong: string[] = [];
  const swept = combineValues(fields).flatMap((settings) =>
    policies.flatMap((policy): readonly Policy[] => {
      const variant = applySettings(policy, settings, defaults);
      const words = formatSettings(settings);
      if ("problems" in variant) {
        wrong.push(...variant.problems.map((problem) => `--sweep ${words}: ${policy.name}: ${problem}`));
        return [];
      }
      const name = policies.length === 1 ? words : `${policy.name} ${words}`;
      return [{ name, autoscaler: variant.autoscaler, settings }];
    }),
  );
  if (wrong.length > MOST_TOLD)
    wrong.splice(MOST_TOLD, wrong.length, `and ${wrong.length - MOST_TOLD} more like these`);
  if (wrong.length > 0) throw new UserError(wrong.join("\nmuster: "));
  return swept;
}

function refuseTooMany(fields: readonly FieldValues[], policies: number, runs: number, limit: number): void {
  const count = fields.reduce((product, field) => product * field.count, policies * runs);
  if (count <= limit) return;
  const factors = [
    ...fields.map(({ path, count: values }) => `${values} of ${path}`),
    ...(policies > 1 ? [`${policies} policies`] : []),
    ...(runs > 1 ? [`${runs} runs each`] : []),
  ];
  throw new UserError(
    `--sweep: expected at most ${limit} runs, got ${count} (${factors.join(" x ")}): ` +
      "take larger steps or fewer values, or raise --sweep-limit",
  );
}
