import type { Recommendation, Situation } from "../decision.ts";
import { isDoubtful } from "../judge.ts";
import type { Mutable } from "../mutable.ts";
import type { Instant } from "../reading.ts";
import type { Deliberation } from "./rule.ts";

/**
 * Recommendations until now. Where none is known, the present number counts as one, made when it was set, or else now,
 * as HPA has it.
 */
export function pastRecommendations({ currentReplicas, memory, now }: Situation): readonly Recommendation[] {
  const { recommendations, lastScaleAt = now } = memory;
  if (recommendations === undefined) return [{ at: Math.min(lastScaleAt, now), replicas: currentReplicas }];
  return recommendations.filter(({ at }) => at <= now);
}

/** The recommendations to remember: those after `since`, and this one. Of equal ones only the newest can matter. */
export function withRecommendation(
  past: readonly Recommendation[],
  replicas: number,
  since: Instant,
  deliberation: Deliberation,
): readonly Recommendation[] {
  const next: Mutable<Recommendation> = { at: deliberation.situation.now, replicas };
  if (isHeldInDoubt(replicas, deliberation)) {
    next.replicas = Math.max(replicas, deliberation.situation.currentReplicas);
    next.inDoubt = true;
  }
  const kept = past.filter(
    (one) => one.at > since && (one.replicas !== next.replicas || (next.inDoubt === true && !one.inDoubt)),
  );
  kept.push(next);
  return kept;
}

/** Whether no signal can be trusted, or one cannot and the others ask for less: HPA records nothing then. */
function isHeldInDoubt(replicas: number, { situation, signals, doubt }: Deliberation): boolean {
  return doubt !== undefined && (replicas < situation.currentReplicas || signals.every(isDoubtful));
}
