import type { Rule } from "./rule.ts";

/** Paused: the present number, or the one that was asked for, and no further rule. */
export const pause: Rule = {
  name: "pause",
  apply(replicas, { situation: { autoscaler } }) {
    if (autoscaler.mode !== "Paused") return undefined;
    const { pausedReplicas } = autoscaler;
    if (pausedReplicas === undefined) return { replicas, because: `paused: ${replicas} stays`, final: true };
    return { replicas: pausedReplicas, because: `paused at ${pausedReplicas}`, final: true };
  },
};
