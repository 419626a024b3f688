import type * as z from "zod";
import { type Problem, printable } from "../core/index.ts";
import { didYouMean } from "../shared/near-name.ts";
import type { JsonSchema } from "./field-schemas.ts";

/** A problem as one line: where, what, and what to write instead. */
export function describeProblem({ file, line, column, object = "", path, message, remedy }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  const about = [place, object, path].filter((part) => part !== "").map((part) => `${part}: `);
  return printable(`${about.join("")}${message}${remedy === undefined ? "" : ` (${remedy})`}`);
}

/** Whether it keeps the autoscaler from running. */
export function isError({ severity }: Problem): boolean {
  return severity !== "warning";
}

/**
 * A schema's complaints, worded for people. A schema's own message that begins with "expected" is kept; `hide` leaves
 * out the value (of a secret, for one).
 */
export function schemaProblems(
  error: Pick<z.ZodError, "issues">,
  root: unknown,
  { under = [], hide }: { under?: readonly PropertyKey[]; hide?: (path: readonly PropertyKey[]) => boolean } = {},
): readonly Problem[] {
  const told = error.issues.slice(0, MOST_ISSUES);
  const more = error.issues.length - told.length;
  const problems = told.map((issue) => {
    const path = [...under, ...issue.path];
    const hidden = hide?.(issue.path) === true;
    const value = hidden ? undefined : valueAt(root, issue.path);
    const message = `${expectation(issue)}, got ${hidden ? "another value" : shown(value)}`;
    return { path: fieldPath(path), message, ...nearValue(issue, value) };
  });
  return more > 0 ? [...problems, { path: fieldPath(under), message: `${more} more values are wrong` }] : problems;
}

/** Thousands of them are a mistake, or meant to keep the process busy. */
const MOST_ISSUES = 100;

const TYPES: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "a string",
  boolean: "true or false",
  object: "a mapping",
  record: "a mapping",
  array: "a list",
};

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith("expected ")) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `expected ${TYPES[issue.expected] ?? issue.expected}`;
    case "too_small":
      return `expected ${sized(issue.origin, issue.inclusive ? "" : "more than ", Number(issue.minimum))}${issue.inclusive ? " or more" : ""}`;
    case "too_big":
      return `expected ${sized(issue.origin, "at most ", Number(issue.maximum))}`;
    case "invalid_value":
      return `expected ${issue.values.length > 1 ? "one of " : ""}${issue.values.join(", ")}`;
    default:
      return `expected something else (${issue.message})`;
  }
}

/** One of a few words that is misspelt. */
function nearValue(issue: z.core.$ZodIssue, value: unknown): { readonly remedy?: string } {
  return issue.code === "invalid_value" && typeof value === "string" ? didYouMean(value, issue.values.map(String)) : {};
}

function sized(origin: string, relation: string, bound: number): string {
  if (origin === "string") return bound === 1 ? "a text of 1 character" : `a text of ${relation}${bound} characters`;
  if (origin === "array") return `${relation}${bound} ${bound === 1 ? "entry" : "entries"}`;
  return `a number of ${relation}${bound}`;
}

/** A value as it is printed in a message: short, and with its type where that is what is wrong. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value !== "string") return String(value);
  // A password that was written where none belongs is not for logs, conditions and events.
  const text = value.split(/(\s+)/).map(withoutCredentials).join("");
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

/** A word that may be a URL: what stands between its `//` and its last `@` is left out. */
function withoutCredentials(word: string): string {
  const begin = word.indexOf("//");
  const end = word.lastIndexOf("@");
  return begin >= 0 && end > begin + 1 ? `${word.slice(0, begin)}//...${word.slice(end)}` : word;
}

/** Fields that no schema knows, as warnings: the API server drops them, so they have no effect. */
export function unknownFields(
  value: unknown,
  schema: JsonSchema,
  under: readonly PropertyKey[] = [],
): readonly Problem[] {
  if (Array.isArray(value)) {
    const items = schema.items;
    if (items === undefined) return [];
    return value.slice(0, MOST_ITEMS).flatMap((item, index) => unknownFields(item, items, [...under, index]));
  }
  const { properties } = schema;
  if (properties === undefined || typeof value !== "object" || value === null) return [];
  const problems: Problem[] = [];
  const unknown: string[] = [];
  for (const [name, child] of Object.entries(value)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known !== undefined) problems.push(...unknownFields(child, known, [...under, name]));
    else if (unknown.push(name) <= MOST_NAMED)
      problems.push(unknownField([...under, name], name, Object.keys(properties)));
  }
  return unknown.length > MOST_NAMED ? [...problems, moreUnknown(under, unknown.length - MOST_NAMED)] : problems;
}

/** No list of ours may have more; a longer one is refused for its length. */
const MOST_ITEMS = 100;

/** Thousands of them are a mistake, or meant to keep the process busy. */
const MOST_NAMED = 20;

function moreUnknown(path: readonly PropertyKey[], count: number): Problem {
  return { path: fieldPath(path), message: `${count} more unknown fields, which have no effect`, severity: "warning" };
}

/** That a field is none of the known ones. */
export function unknownField(path: readonly PropertyKey[], name: string, known: readonly string[]): Problem {
  return {
    path: fieldPath(path),
    message: "unknown field, which has no effect",
    ...didYouMean(name, known, `known here: ${known.join(", ")}`),
    severity: "warning",
  };
}

/** Far more than twenty signals with all of their settings have. */
const MOST_VALUES = 5_000;
const MOST_CHARACTERS = 256 * 1024;

/** That an object is larger than any honest one: found out before anything is made of it, and in no time. */
export function sizeProblems(spec: unknown): readonly Problem[] {
  let values = 0;
  let characters = 0;
  const left: unknown[] = [spec];
  while (left.length > 0 && values <= MOST_VALUES && characters <= MOST_CHARACTERS) {
    const value = left.pop();
    values += 1;
    if (typeof value === "string") characters += value.length;
    if (typeof value !== "object" || value === null) continue;
    for (const name in value) {
      characters += name.length;
      if (left.push((value as Record<string, unknown>)[name]) > MOST_VALUES) return [tooManyValues()];
    }
  }
  if (values > MOST_VALUES) return [tooManyValues()];
  if (characters <= MOST_CHARACTERS) return [];
  return [{ path: "spec", message: `expected at most ${MOST_CHARACTERS / 1024} KiB of text, got more` }];
}

function tooManyValues(): Problem {
  return { path: "spec", message: `expected at most ${MOST_VALUES} values, got more` };
}

/** A path as people write it: ["spec", "signals", 0, "source"] is "spec.signals[0].source". */
export function fieldPath(keys: readonly PropertyKey[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === "number") return `${path}[${key}]`;
    return path === "" ? String(key) : `${path}.${String(key)}`;
  }, "");
}

/** What stands at that path. */
export function valueAt(root: unknown, keys: readonly PropertyKey[]): unknown {
  return keys.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    root,
  );
}
