import type { Memory } from "../decision.ts";
import type { Instant } from "../reading.ts";
import type { Rule } from "./rule.ts";

type Recommendation = NonNullable<Memory["recommendations"]>[number];

/**
 * autoscaling/v2's stabilization windows: up to the lowest recommendation of the up window at most, down to the highest
 * of the down window at least.
 */
export const stabilize: Rule = {
  name: "stabilize",
  apply(replicas, { situation }) {
    const { autoscaler, currentReplicas, memory, now } = situation;
    const upMs = (autoscaler.behavior?.scaleUp?.stabilizationWindowSeconds ?? 0) * 1000;
    const downMs = (autoscaler.behavior?.scaleDown?.stabilizationWindowSeconds ?? 0) * 1000;
    if (upMs === 0 && downMs === 0) return undefined;
    const past = (memory.recommendations ?? []).filter(({ at }) => at <= now);
    const within = (windowMs: number) => past.filter(({ at }) => at > now - windowMs);
    const lowest = Math.min(replicas, ...within(upMs).map((one) => one.replicas));
    const highest = Math.max(replicas, ...within(downMs).map((one) => one.replicas));
    const stable = Math.min(Math.max(currentReplicas, lowest), highest);
    const { recommendations: _, ...rest } = memory;
    const recommendations = remember(past, { at: now, replicas }, now - Math.max(upMs, downMs));
    const remembered = { recommendations, ...rest };
    if (stable === replicas) return { replicas, because: "", silent: true, memory: remembered };
    const [windowMs, which] = replicas > stable ? [upMs, "lowest"] : [downMs, "highest"];
    const deciding = past.filter((one) => one.at > now - windowMs && one.replicas === stable).at(-1);
    return {
      replicas: stable,
      because: `${stable} is the ${which} number asked for in the last ${windowMs / 1000} s, and ${replicas} must wait`,
      limited: "Stabilized",
      memory: remembered,
      reconsiderAt: endOfWindow(past, windowMs, deciding, now),
    };
  },
};

/** Of equal recommendations only the newest can matter; those older than the longest window cannot at all. */
function remember(past: readonly Recommendation[], next: Recommendation, since: Instant): readonly Recommendation[] {
  return [...past.filter(({ at, replicas }) => at > since && replicas !== next.replicas), next];
}

/** When the recommendation that decided, or else the oldest one, leaves the window. */
function endOfWindow(
  past: readonly Recommendation[],
  windowMs: number,
  deciding: Recommendation | undefined,
  now: Instant,
): Instant {
  const at = deciding?.at ?? Math.min(now, ...past.filter((one) => one.at > now - windowMs).map((one) => one.at));
  return at + windowMs;
}
