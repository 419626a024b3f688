import type { Mutable } from "../mutable.ts";
import { ago, lastScaling } from "./last-scaling.ts";
import type { Outcome, Rule } from "./rule.ts";

/** Scales down only when the last scaling, up or down, is longer ago than the cool-down, or there was none. */
export const coolDownScaleDown: Rule = {
  name: "coolDownScaleDown",
  apply(replicas, { situation: { autoscaler, currentReplicas, memory, now } }) {
    if (replicas >= currentReplicas) return undefined;
    const last = lastScaling(memory, now);
    const delayMs = autoscaler.coolDownSeconds * 1000;
    if (last === undefined || now - last.at > delayMs) return undefined;
    const outcome: Mutable<Outcome> = {
      replicas: currentReplicas,
      because: `${ago(memory, now)}; scaling down waits until it is more than ${autoscaler.coolDownSeconds} s ago`,
      limited: "CoolDown",
      reconsiderAt: last.at + delayMs + 1,
    };
    if (last.memory !== undefined) outcome.memory = last.memory;
    return outcome;
  },
};
