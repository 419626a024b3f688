import type { Memory, Recommendation } from "../decision.ts";
import type { Mutable } from "../mutable.ts";
import type { Instant } from "../reading.ts";
import { newRecommendation, pastRecommendations, withRecommendation } from "./recommendations.ts";
import type { Rule } from "./rule.ts";

/**
 * autoscaling/v2's stabilization windows: up to the lowest recommendation of the up window at most, down to the highest
 * of the down window at least.
 */
export const stabilize: Rule = {
  name: "stabilize",
  apply(replicas, deliberation) {
    const { autoscaler, currentReplicas, memory, now } = deliberation.situation;
    const upMs = (autoscaler.behavior?.scaleUp?.stabilizationWindowSeconds ?? 0) * 1000;
    const downMs = (autoscaler.behavior?.scaleDown?.stabilizationWindowSeconds ?? 0) * 1000;
    if (upMs === 0 && downMs === 0) return undefined;
    const past = pastRecommendations(deliberation.situation);
    const next = newRecommendation(replicas, deliberation);
    // A reading in doubt may ask for more than what is recorded, and has to wait for that too.
    let lowest = next === undefined || next.inDoubt || upMs === 0 ? replicas : Math.min(replicas, next.replicas);
    let highest = replicas;
    for (const one of past) {
      if (one.at > now - upMs && !one.inDoubt) lowest = Math.min(lowest, one.replicas);
      if (one.at > now - downMs) highest = Math.max(highest, one.replicas);
    }
    const stable = Math.min(Math.max(currentReplicas, lowest), highest);
    const remembered: Mutable<Memory> = { ...memory };
    remembered.recommendations = withRecommendation(past, next, now - Math.max(upMs, downMs));
    if (stable === replicas) return { replicas, because: "", silent: true, memory: remembered };
    const isUp = replicas > stable;
    const windowMs = isUp ? upMs : downMs;
    const inWindow = remembered.recommendations.filter((one) => one.at > now - windowMs && !(isUp && one.inDoubt));
    const which = isUp ? "lowest" : "highest";
    return {
      replicas: stable,
      because: `${stable} is the ${which} number asked for in the last ${windowMs / 1000} s, and ${replicas} must wait`,
      limited: "Stabilized",
      memory: remembered,
      reconsiderAt: decidingAt(inWindow, stable, now) + windowMs,
    };
  },
};

/** When the recommendation that decided was made, or else the oldest one. */
function decidingAt(inWindow: readonly Recommendation[], stable: number, now: Instant): Instant {
  const deciding = inWindow.findLast(({ replicas }) => replicas === stable);
  return deciding?.at ?? Math.min(now, ...inWindow.map(({ at }) => at));
}
