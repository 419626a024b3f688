import type * as z from "zod";
import type { Problem } from "../../core/index.ts";
import { didYouMean } from "../../shared/near-name.ts";
import { fieldPath, valueAt } from "./field-path.ts";

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
