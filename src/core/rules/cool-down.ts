import type { Mutable } from "../mutable.ts";
import { ago, lastScaling } from "./last-scaling.ts";
import type { Outcome, Rule } from "./rule.ts";

/** After a scaling nothing is changed until the cool-down is over; only a number outside its bounds does not wait. */
export const coolDown: Rule = {
  name: "coolDown",
  apply(replicas, { situation: { autoscaler, currentReplicas, memory, now } }) {
    const { minReplicas, maxReplicas, coolDownSeconds } = autoscaler;
    if (replicas === currentReplicas || currentReplicas < minReplicas || currentReplicas > maxReplicas)
      return undefined;
    const last = lastScaling(memory, now);
    const delayMs = coolDownSeconds * 1000;
    if (last === undefined || now - last.at >= delayMs) return undefined;
    const outcome: Mutable<Outcome> = {
      replicas: currentReplicas,
      because: `${ago(memory, now)}; the next one waits until it is ${coolDownSeconds} s ago`,
      limited: "CoolDown",
      reconsiderAt: last.at + delayMs,
    };
    if (last.memory !== undefined) outcome.memory = last.memory;
    return outcome;
  },
};
