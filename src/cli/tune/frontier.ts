import { frontierOf } from "../../lab/statistics/frontier.ts";
import type { Candidate, Objective } from "./candidate.ts";

/** The wait that the objective speaks of, or the percentile just above it that is counted. */
export function waitName({ share }: Objective): "waitP50Seconds" | "waitP95Seconds" | "waitP99Seconds" {
  if (share <= 0.5) return "waitP50Seconds";
  return share <= 0.95 ? "waitP95Seconds" : "waitP99Seconds";
}

/** Candidates that nobody beats in both cost and the wait that the objective speaks of, the cheapest first. */
export function frontier(candidates: readonly Candidate[], objective: Objective): readonly Candidate[] {
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
