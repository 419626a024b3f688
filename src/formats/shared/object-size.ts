import type { Problem } from "../../core/index.ts";

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
