import { type Compared, type Estimate, estimateMean, frontierOf, measuresOf } from "../comparison.ts";
import type { Outcome } from "../outcome.ts";
import type { Settings } from "../sweep/field-values.ts";

/** Such a share of the messages must not wait for more than so many seconds. */
export interface Objective {
  readonly seconds: number;
  readonly share: number;
}

/** One setting of the fields, and what its runs came to. */
export interface Candidate extends Compared {
  /** Fields that differ from the manifest; none: as it is. */
  readonly settings: Settings;
  /** In worker-hours. */
  readonly cost: Estimate;
  /** Share of messages that waited for longer than the objective. */
  readonly over: Estimate;
  /** yes: with 95 % confidence. perhaps: by the mean alone. */
  readonly meets: "yes" | "perhaps" | "no";
}

/** Judges what runs with different seeds came to. */
export function judgeRuns(
  policy: string,
  settings: Settings,
  outcomes: readonly Outcome[],
  { share }: Objective,
): Candidate {
  const measures = measuresOf(outcomes);
  const cost = estimateMean(outcomes.map(({ workerHours }) => workerHours.total));
  const over = estimateMean(outcomes.map(({ objective }) => objective?.shareOver ?? 0));
  const drained = outcomes.every((outcome) => outcome.drained);
  return { policy, settings, outcomes, measures, cost, over, meets: drained ? verdict(over, 1 - share) : "no" };
}

function verdict({ mean, plusMinus = 0 }: Estimate, allowed: number): Candidate["meets"] {
  if (mean + plusMinus <= allowed + 1e-12) return "yes";
  return mean <= allowed ? "perhaps" : "no";
}

/** The cheapest one that meets the objective for sure; if there is none, the cheapest that perhaps does. */
export function findCheapest(candidates: readonly Candidate[]): Candidate | undefined {
  const that = (wanted: Candidate["meets"]) => sortByCost(candidates.filter(({ meets }) => meets === wanted))[0];
  return that("yes") ?? that("perhaps");
}

/** The cheapest first; of those that cost alike, the one with the shorter waits, then the one that changes less. */
export function sortByCost(candidates: readonly Candidate[]): readonly Candidate[] {
  const changes = ({ settings }: Candidate) => Object.keys(settings).length;
  return [...candidates].sort(
    (one, other) => one.cost.mean - other.cost.mean || one.over.mean - other.over.mean || changes(one) - changes(other),
  );
}

/** The one that comes nearest to the objective. */
export function findNearest(candidates: readonly Candidate[]): Candidate | undefined {
  return [...candidates].sort((one, other) => one.over.mean - other.over.mean || one.cost.mean - other.cost.mean)[0];
}

/** What one saves against the other, seed by seed: chance hits both alike. */
export function estimateSaving(one: Candidate, other: Candidate): Estimate {
  return estimateMean(
    one.outcomes.map(
      ({ workerHours }, index) => (other.outcomes[index]?.workerHours.total ?? workerHours.total) - workerHours.total,
    ),
  );
}

/** The wait that the objective speaks of, or the percentile just above it that is counted. */
export function waitName({ share }: Objective): "waitP50Seconds" | "waitP95Seconds" | "waitP99Seconds" {
  if (share <= 0.5) return "waitP50Seconds";
  return share <= 0.95 ? "waitP95Seconds" : "waitP99Seconds";
}

/** Candidates that nobody beats in both cost and the wait that the objective speaks of, the cheapest first. */
export function findFrontier(candidates: readonly Candidate[], objective: Objective): readonly Candidate[] {
  return frontierOf(
    candidates,
    ({ cost }) => cost.mean,
    (candidate) => waitOf(candidate, objective),
  );
}

/** The wait that the objective speaks of, in seconds. */
export function waitOf({ measures }: Candidate, objective: Objective): number {
  return measures[waitName(objective)]?.mean ?? Number.POSITIVE_INFINITY;
}
