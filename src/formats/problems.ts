import type * as z from "zod";
import { type Problem, printable } from "../core/index.ts";
import { didYouMean } from "../shared/near-name.ts";
import { ownValue } from "../shared/own-value.ts";
import type { JsonSchema } from "./field-schemas.ts";

/** What keeps an autoscaler from running. */
export function problem(path: string, message: string, remedy?: string): Problem {
  return { path, message, ...(remedy === undefined ? {} : { remedy }) };
}

/** What lets it run, and is most likely a mistake. */
export function warning(path: string, message: string, remedy?: string): Problem {
  return { ...problem(path, message, remedy), severity: "warning" };
}

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
  const problems = error.issues.slice(0, MOST_ISSUES).map((issue) => {
    const isHidden = hide?.(issue.path) === true;
    const value = isHidden ? undefined : valueAt(root, issue.path);
    const message = `${expectation(issue)}, got ${isHidden ? "another value" : shown(value)}`;
    const isWord = issue.code === "invalid_value" && typeof value === "string";
    const { remedy } = isWord ? didYouMean(value, issue.values.map(String)) : {};
    return problem(fieldPath([...under, ...issue.path]), message, remedy);
  });
  const more = error.issues.length - problems.length;
  return more > 0 ? [...problems, problem(fieldPath(under), `${more} more values are wrong`)] : problems;
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
  isElsewhere: (path: readonly PropertyKey[]) => boolean = () => false,
): readonly Problem[] {
  if (isElsewhere(under)) return [];
  if (Array.isArray(value)) {
    const items = schema.items;
    if (items === undefined) return [];
    return value
      .slice(0, MOST_ITEMS)
      .flatMap((item, index) => unknownFields(item, items, [...under, index], isElsewhere));
  }
  const { properties } = schema;
  if (properties === undefined || typeof value !== "object" || value === null) return [];
  const problems: Problem[] = [];
  let unknown = 0;
  for (const [name, child] of Object.entries(value)) {
    const known = ownValue(properties, name);
    if (known !== undefined) problems.push(...unknownFields(child, known, [...under, name], isElsewhere));
    else if (++unknown <= MOST_NAMED) problems.push(unknownField([...under, name], name, Object.keys(properties)));
  }
  if (unknown <= MOST_NAMED) return problems;
  const message = `${unknown - MOST_NAMED} more unknown fields, which have no effect`;
  return [...problems, warning(fieldPath(under), message)];
}

/** No list of ours may have more; a longer one is refused for its length. */
const MOST_ITEMS = 100;

/** Thousands of them are a mistake, or meant to keep the process busy. */
const MOST_NAMED = 20;

/** A field that is none of the known ones. */
export function unknownField(path: readonly PropertyKey[], name: string, known: readonly string[]): Problem {
  const { remedy } = didYouMean(name, known, `known here: ${known.join(", ")}`);
  return warning(fieldPath(path), "unknown field, which has no effect", remedy);
}

/** Far more than twenty signals with all of their settings have. */
const MOST_VALUES = 5_000;
const MOST_CHARACTERS = 256 * 1024;

/** Finds an object that is larger than any honest one, quickly and before anything is made of it. */
export function sizeProblems(spec: unknown): readonly Problem[] {
  let characters = 0;
  const values: unknown[] = [spec];
  for (let next = 0; next < values.length; next++) {
    const value = values[next];
    if (typeof value === "string") characters += value.length;
    if (typeof value === "object" && value !== null) {
      for (const name in value) {
        characters += name.length;
        values.push((value as Record<string, unknown>)[name]);
        if (values.length > MOST_VALUES) return [problem("spec", `expected at most ${MOST_VALUES} values, got more`)];
      }
    }
    if (characters > MOST_CHARACTERS) {
      return [problem("spec", `expected at most ${MOST_CHARACTERS / 1024} KiB of text, got more`)];
    }
  }
  return [];
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
