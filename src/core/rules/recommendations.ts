import type { Recommendation, Situation } from "../decision.ts";
import { isDoubtful } from "../judge.ts";
import type { Instant } from "../reading.ts";
import { recommend } from "./recommend.ts";
import type { Deliberation } from "./rule.ts";

/**
 * Recommendations until now. Where none is known, the present number counts as one, made when it was set, or else now,
 * as HPA has it.
 */
export function pastRecommendations({ currentReplicas, memory, now }: Situation): readonly Recommendation[] {
  const { recommendations, lastScaleAt = now } = memory;
  if (recommendations === undefined) return [{ at: Math.min(lastScaleAt, now), replicas: currentReplicas }];
  const newest = recommendations.at(-1);
  if (newest === undefined || newest.at <= now) return recommendations;
  return recommendations.filter(({ at }) => at <= now);
}

/** What is recorded of this decision. From outside the bounds the number only comes back: nothing then, as HPA has it. */
export function newRecommendation(replicas: number, deliberation: Deliberation): Recommendation | undefined {
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
export function withRecommendation(
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
