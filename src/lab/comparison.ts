import { MEASURES, OTHER_MEASURES } from "./measures.ts";
import type { Outcome } from "./outcome.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { simulate } from "./simulate.ts";
import { type Estimate, estimate } from "./statistics/confidence.ts";

/** What one policy came to in all its runs. */
export interface Compared {
  readonly policy: string;
  /** Values of the fields that a sweep has set, by the fields' paths. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** One for each seed, in order. */
  readonly outcomes: readonly Outcome[];
  /** By the measure's name; those that no run has are left out. */
  readonly measures: Readonly<Record<string, Estimate>>;
}

/** Runs a rehearsal so many times, with seeds that follow one another. `progress` hears shares from 0 to 1. */
export function runs(rehearsal: Rehearsal, count: number, progress?: (share: number) => void): Compared {
  const outcomes = Array.from({ length: count }, (_, index) =>
    simulate({ ...rehearsal, seed: rehearsal.seed + index }, (share) => progress?.((index + share) / count)),
  );
  return { policy: rehearsal.policy, outcomes, measures: measuresOf(outcomes) };
}

/** Every measure over all runs of one policy. */
export function measuresOf(outcomes: readonly Outcome[]): Readonly<Record<string, Estimate>> {
  const measures: Record<string, Estimate> = {};
  for (const { name, of } of [...MEASURES, ...OTHER_MEASURES]) {
    const values = outcomes.map(of).filter((value) => value !== undefined);
    if (values.length > 0) measures[name] = estimate(values);
  }
  return measures;
}
