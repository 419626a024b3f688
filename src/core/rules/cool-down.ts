import type { Memory, Mutable } from "../decision.ts";
import type { Instant } from "../reading.ts";
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

/** When the last scaling was, for rules that wait after one. */
interface LastScaling {
  /** Never in the future. */
  readonly at: Instant;
  /** The memory put right, where it was wrong. */
  readonly memory?: Memory;
}

/** A clock that was stepped back must not stretch a wait: a scaling in the future counts as one made now. */
function lastScaling(memory: Memory, now: Instant): LastScaling | undefined {
  const at = memory.lastScaleAt;
  if (at === undefined) return undefined;
  return at <= now ? { at } : { at: now, memory: { ...memory, lastScaleAt: now } };
}

/** How long ago the last scaling was, as a clause. */
function ago({ lastScaleAt = 0 }: Memory, now: Instant): string {
  if (lastScaleAt <= now) return `the last scaling was ${Math.floor((now - lastScaleAt) / 1000)} s ago`;
  return `the last scaling is dated ${Math.ceil((lastScaleAt - now) / 1000)} s in the future and counts as made now`;
}
