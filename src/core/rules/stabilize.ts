import type { Memory } from "../decision.ts";
import type { Mutable } from "../mutable.ts";
import type { Instant } from "../reading.ts";
import type { Rule } from "./rule.ts";

type Recommendation = NonNullable<Memory["recommendations"]>[number];
const NONE: readonly Recommendation[] = [];

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
    const past = (memory.recommendations ?? NONE).filter(({ at }) => at <= now);
    const lowest = extreme(Math.min, replicas, past, now - upMs);
    const highest = extreme(Math.max, replicas, past, now - downMs);
    const stable = Math.min(Math.max(currentReplicas, lowest), highest);
    const remembered: Mutable<Memory> = { ...memory };
    remembered.recommendations = remember(past, { at: now, replicas }, now - Math.max(upMs, downMs));
    if (stable === replicas) return { replicas, because: "", silent: true, memory: remembered };
    const [windowMs, which] = replicas > stable ? [upMs, "lowest"] : [downMs, "highest"];
    const deciding = past.findLast((one) => one.at > now - windowMs && one.replicas === stable);
    return {
      replicas: stable,
      because: `${stable} is the ${which} number asked for in the last ${windowMs / 1000} s, and ${replicas} must wait`,
      limited: "Stabilized",
      memory: remembered,
      reconsiderAt: endOfWindow(past, windowMs, deciding, now),
    };
  },
};

/** The lowest or highest of the number asked for now and those asked for after that moment. */
function extreme(
  of: (one: number, other: number) => number,
  replicas: number,
  past: readonly Recommendation[],
  since: Instant,
): number {
  let found = replicas;
  for (const one of past) if (one.at > since) found = of(found, one.replicas);
  return found;
}

/** Of equal recommendations only the newest can matter; those older than the longest window cannot at all. */
function remember(past: readonly Recommendation[], next: Recommendation, since: Instant): readonly Recommendation[] {
  const kept = past.filter(({ at, replicas }) => at > since && replicas !== next.replicas);
  kept.push(next);
  return kept;
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
