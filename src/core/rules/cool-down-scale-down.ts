import { lastScaling } from "./last-scaling.ts";
import type { Rule } from "./rule.ts";

/** Scales down only when the last scaling, up or down, is longer ago than the cool-down, or there was none. */
export const coolDownScaleDown: Rule = {
  name: "coolDownScaleDown",
  apply(replicas, { situation: { autoscaler, currentReplicas, memory, now } }) {
    const last = lastScaling(memory, now);
    const delayMs = autoscaler.coolDownSeconds * 1000;
    if (last === undefined || replicas >= currentReplicas || now - last.at > delayMs) return undefined;
    return {
      replicas: currentReplicas,
      because: `${last.ago}; scaling down waits until it is more than ${autoscaler.coolDownSeconds} s ago`,
      limited: "CoolDown",
      reconsiderAt: last.at + delayMs + 1,
      ...(last.memory === undefined ? {} : { memory: last.memory }),
    };
  },
};
