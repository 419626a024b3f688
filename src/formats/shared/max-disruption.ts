import * as z from "zod";
import type { MaxDisruption, Problem } from "../../core/index.ts";

const EXPECTED = 'expected a percentage such as "50%" or a count such as "125"';

/** "50%" of the present replicas, or "125" of them. */
export const maxDisruptionText = z
  .string({
    error: ({ input }) =>
      typeof input === "number" ? `expected a text in quotes, such as "${input}%" or the count "${input}"` : undefined,
  })
  .regex(/^[0-9]+%?$/, EXPECTED);

/** A share above 100 % limits nothing, as with the original, which accepts it. */
export function maxDisruptionProblems(text: string | null | undefined): readonly Problem[] {
  const stated = text ? parseMaxDisruption(text) : undefined;
  if (stated === undefined || "count" in stated || stated.percent <= 100) return [];
  return [
    {
      path: "spec.maxDisruption",
      message: `expected at most "100%", got ${JSON.stringify(text)}, which limits nothing`,
      remedy: 'write "100%", or leave it out',
      severity: "warning",
    },
  ];
}

/** Reads a text that `maxDisruptionText` accepts. */
export function parseMaxDisruption(text: string): MaxDisruption {
  return text.endsWith("%") ? { percent: Number(text.slice(0, -1)) } : { count: Number(text) };
}

/** Whether such a limit could ever hold a scale-down back: 100 % of the present replicas cannot. */
export function canHoldBack(maxDisruption: MaxDisruption): boolean {
  return "count" in maxDisruption || maxDisruption.percent < 100;
}
