import type { Memory, Mutable, Recommendation, Situation } from "../decision.ts";
import { isDoubtful } from "../judge.ts";
import type { Instant } from "../reading.ts";
import { recommend } from "./recommend.ts";
import type { Deliberation, Outcome, Rule } from "./rule.ts";

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

/**
 * Recommendations until now. Where none is known, the present number counts as one, made when it was set, or else now,
 * as HPA has it.
 */
function pastRecommendations({ currentReplicas, memory, now }: Situation): readonly Recommendation[] {
  const { recommendations, lastScaleAt = now } = memory;
  if (recommendations === undefined) return [{ at: Math.min(lastScaleAt, now), replicas: currentReplicas }];
  const newest = recommendations.at(-1);
  if (newest === undefined || newest.at <= now) return recommendations;
  return recommendations.filter(({ at }) => at <= now);
}

/** What is recorded of this decision. From outside the bounds the number only comes back: nothing then, as HPA has it. */
function newRecommendation(replicas: number, deliberation: Deliberation): Recommendation | undefined {
  const { autoscaler, currentReplicas, now } = deliberation.situation;
  if (currentReplicas < autoscaler.minReplicas || currentReplicas > autoscaler.maxReplicas) return undefined;
  if (deliberation.doubt === undefined) return { at: now, replicas };
  const trusted = largestTrusted(deliberation);
  // No signal can be trusted, or those that can ask for less: HPA records nothing then.
  if (trusted === undefined || trusted < currentReplicas) {
    return { at: now, replicas: Math.max(replicas, currentReplicas), inDoubt: true };
  }
  return { at: now, replicas: trusted };
}

/** The recommendations after `since`, and a new one. Of equal ones only the newest can matter. */
function withRecommendation(
  past: readonly Recommendation[],
  next: Recommendation | undefined,
  since: Instant,
): readonly Recommendation[] {
  if (next === undefined) return past;
  const kept = past.filter(
    (one) => one.at > since && (one.replicas !== next.replicas || (next.inDoubt === true && !one.inDoubt)),
  );
  kept.push(next);
  return kept;
}

/** The most that a signal which can be trusted asks for. */
function largestTrusted(deliberation: Deliberation): number | undefined {
  const asked = deliberation.signals.flatMap((judged) =>
    isDoubtful(judged) ? [] : (recommend(judged, deliberation)?.replicas ?? []),
  );
  return asked.length === 0 ? undefined : Math.max(...asked);
}
