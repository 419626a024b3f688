import type { MaxDisruption } from "../autoscaler.ts";
import { counted } from "../wording.ts";
import type { Rule } from "./rule.ts";
import { isEverybodyIdle } from "./size-for-backlog.ts";

/** At most maxDisruption workers may go at once, unless the queue is empty and all are idle. */
export const limitDisruption: Rule = {
  name: "limitDisruption",
  apply(replicas, deliberation) {
    const { autoscaler, currentReplicas } = deliberation.situation;
    const { maxDisruption } = autoscaler;
    if (replicas >= currentReplicas || maxDisruption === undefined) return undefined;
    const disruptable = disruptableReplicas(maxDisruption, currentReplicas);
    if (currentReplicas - replicas <= disruptable || isEverybodyIdle(deliberation)) return undefined;
    return {
      replicas: currentReplicas - disruptable,
      because: `maxDisruption ${written(maxDisruption)} lets at most ${disruptable} of ${counted(currentReplicas, "replica")} go at once`,
      limited: "MaxDisruption",
    };
  },
};

function disruptableReplicas(maxDisruption: MaxDisruption, current: number): number {
  if ("count" in maxDisruption) return maxDisruption.count;
  return Math.ceil((maxDisruption.percent * current) / 100);
}

function written(maxDisruption: MaxDisruption): string {
  return "count" in maxDisruption ? String(maxDisruption.count) : `${maxDisruption.percent}%`;
}
