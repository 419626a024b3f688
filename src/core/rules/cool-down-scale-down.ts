import type { Rule } from "./rule.ts";

/** Scales down only when the last scaling, up or down, is longer ago than the cool-down, or there was none. */
export const coolDownScaleDown: Rule = {
  name: "coolDownScaleDown",
  apply(replicas, { situation: { autoscaler, currentReplicas, memory, now } }) {
    const { lastScaleAt } = memory;
    if (lastScaleAt === undefined || replicas >= currentReplicas) return undefined;
    const delayMs = autoscaler.coolDownSeconds * 1000;
    // A clock that was stepped back must not stretch the wait: such a scaling counts as one made now.
    const since = Math.min(lastScaleAt, now);
    if (now - since > delayMs) return undefined;
    const ago =
      lastScaleAt > now
        ? `the last scaling is dated ${Math.ceil((lastScaleAt - now) / 1000)} s in the future and counts as made now`
        : `the last scaling was ${Math.floor((now - lastScaleAt) / 1000)} s ago`;
    return {
      replicas: currentReplicas,
      because: `${ago}; scaling down waits until it is more than ${autoscaler.coolDownSeconds} s ago`,
      limited: "CoolDown",
      reconsiderAt: since + delayMs + 1,
      ...(lastScaleAt > now ? { memory: { ...memory, lastScaleAt: now } } : {}),
    };
  },
};
