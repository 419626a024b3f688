import { type Compared, type Estimate, estimateMean, frontierOf, measuresOf } from "../comparison.ts";
import { hoursCharged, type Outcome } from "../outcome.ts";
import type { Settings } from "../sweep/field-values.ts";

/** This share of messages must wait no longer than this. */
export interface Objective {
  readonly seconds: number;
  readonly share: number;
}

/** A setting and the results of its runs. */
export interface Candidate extends Compared {
  /** Fields that differ from the manifest. */
  readonly settings: Settings;
  /** In worker-hours, interrupted workers included where they have a price. */
  readonly cost: Estimate;
  /** Share of messages that waited longer than the objective. */
  readonly over: Estimate;
  /** yes: with 95 % confidence. perhaps: by the mean alone. */
  readonly meets: "yes" | "perhaps" | "no";
}

/** Judges runs with different seeds. */
export function judgeRuns(
  policy: string,
  settings: Settings,
  outcomes: readonly Outcome[],
  { share }: Objective,
): Candidate {
  const measures = measuresOf(outcomes);
  const cost = estimateMean(outcomes.map(hoursCharged));
  const over = estimateMean(outcomes.map(({ objective }) => objective?.shareOver ?? 0));
  const drained = outcomes.every((outcome) => outcome.drained);
  return { policy, settings, outcomes, measures, cost, over, meets: drained ? verdict(over, 1 - share) : "no" };
}

function verdict({ mean, plusMinus = 0 }: Estimate, allowed: number): Candidate["meets"] {
  if (mean + plusMinus <= allowed + 1e-12) return "yes";
  return mean <= allowed ? "perhaps" : "no";
}

/** The cheapest candidate that surely meets the objective, else the cheapest that perhaps does. */
export function findCheapest(candidates: readonly Candidate[]): Candidate | undefined {
  const that = (wanted: Candidate["meets"]) => sortByCost(candidates.filter(({ meets }) => meets === wanted))[0];
  return that("yes") ?? that("perhaps");
}

/** Sorts by cost, then wait, then the number of changed fields. */
export function sortByCost(candidates: readonly Candidate[]): readonly Candidate[] {
  const changes = ({ settings }: Candidate) => Object.keys(settings).length;
  return [...candidates].sort(
    (one, other) => one.cost.mean - other.cost.mean || one.over.mean - other.over.mean || changes(one) - changes(other),
  );
}

/** The candidate nearest to the objective. */
export function findNearest(candidates: readonly Candidate[]): Candidate | undefined {
  return [...candidates].sort((one, other) => one.over.mean - other.over.mean || one.cost.mean - other.cost.mean)[0];
}

/** The saving of one candidate against another, seed by seed. */
export function estimateSaving(one: Candidate, other: Candidate): Estimate {
  const savings = one.outcomes.map((outcome, index) => {
    const cost = hoursCharged(outcome);
    const counterpart = other.outcomes[index];
    return counterpart === undefined ? 0 : hoursCharged(counterpart) - cost;
  });
  return estimateMean(savings);
}

/** The percentile of the objective, or the next higher one that is counted. */
export function waitName({ share }: Objective): "waitP50Seconds" | "waitP95Seconds" | "waitP99Seconds" {
  if (share <= 0.5) return "waitP50Seconds";
  return share <= 0.95 ? "waitP95Seconds" : "waitP99Seconds";
}

/** The frontier of cost and the objective's wait, cheapest first. */
export function findFrontier(candidates: readonly Candidate[], objective: Objective): readonly Candidate[] {
  return frontierOf(
    candidates,
    ({ cost }) => cost.mean,
    (candidate) => waitOf(candidate, objective),
  );
}

/** The objective's wait in seconds. */
export function waitOf({ measures }: Candidate, objective: Objective): number {
  return measures[waitName(objective)]?.mean ?? Number.POSITIVE_INFINITY;
}
