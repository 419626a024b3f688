import type { Candidate, Objective } from "./candidate.ts";

/** The wait that the objective speaks of, or the percentile just above it that is counted. */
export function waitName({ share }: Objective): "waitP50Seconds" | "waitP95Seconds" | "waitP99Seconds" {
  if (share <= 0.5) return "waitP50Seconds";
  return share <= 0.95 ? "waitP95Seconds" : "waitP99Seconds";
}

/** Candidates that nobody beats in both cost and the wait that the objective speaks of, the cheapest first. */
export function frontier(candidates: readonly Candidate[], objective: Objective): readonly Candidate[] {
  const waitOf = ({ measures }: Candidate) => measures[waitName(objective)]?.mean ?? Number.POSITIVE_INFINITY;
  const ordered = [...candidates].sort((one, other) => one.cost.mean - other.cost.mean || waitOf(one) - waitOf(other));
  let quickest = Number.POSITIVE_INFINITY;
  return ordered.filter((candidate) => {
    const isQuicker = waitOf(candidate) < quickest;
    if (isQuicker) quickest = waitOf(candidate);
    return isQuicker;
  });
}

/** So many of them, evenly, the first and the last too. */
export function spread<Value>(values: readonly Value[], most: number): readonly Value[] {
  if (values.length <= most) return values;
  const step = (values.length - 1) / (most - 1);
  return values.filter((_, index) => Math.round(Math.round(index / step) * step) === index);
}
