import type { Memory, Recommendation } from "../decision.ts";
import type { Mutable } from "../mutable.ts";
import { newRecommendation, pastRecommendations, withRecommendation } from "./recommendations.ts";
import type { Outcome, Rule } from "./rule.ts";

/** The default of kube-controller-manager's --horizontal-pod-autoscaler-downscale-stabilization. */
const WINDOW_SECONDS = 300;

/**
 * The window of an HPA without `behavior`: the highest recommendation of five minutes counts. It holds the number, and
 * it raises the number where an earlier recommendation has not been reached yet.
 */
export const recallHighest: Rule = {
  name: "recallHighest",
  apply(replicas, deliberation) {
    const { currentReplicas, memory, now } = deliberation.situation;
    const since = now - WINDOW_SECONDS * 1000;
    const past = pastRecommendations(deliberation.situation);
    let highest: Recommendation = { at: now, replicas };
    for (const one of past) {
      // What was held in doubt holds, and raises nothing.
      const counted = one.inDoubt ? Math.min(one.replicas, currentReplicas) : one.replicas;
      if (one.at >= since && counted >= highest.replicas) highest = { at: one.at, replicas: counted };
    }
    const remembered: Mutable<Memory> = { ...memory };
    const next = newRecommendation(replicas, deliberation);
    remembered.recommendations = withRecommendation(past, next, since - 1);
    if (highest.replicas === replicas || next?.inDoubt)
      return { replicas, because: "", silent: true, memory: remembered };
    const outcome: Mutable<Outcome> = {
      replicas: highest.replicas,
      because: `${highest.replicas} is the highest number asked for in the last ${WINDOW_SECONDS} s, and counts in place of ${replicas}`,
      memory: remembered,
      reconsiderAt: highest.at + WINDOW_SECONDS * 1000 + 1,
    };
    if (highest.replicas >= currentReplicas) outcome.limited = "Stabilized";
    return outcome;
  },
};
