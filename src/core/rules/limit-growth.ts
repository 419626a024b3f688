import type { Rule } from "./rule.ts";

/** The limit of an HPA without `behavior`: one scale-up at most doubles the replicas, and may always go to four. */
export const limitGrowth: Rule = {
  name: "limitGrowth",
  apply(replicas, { situation: { currentReplicas } }) {
    const limit = Math.max(2 * currentReplicas, 4);
    if (replicas <= limit) return undefined;
    return {
      replicas: limit,
      because: `one scale-up goes from ${currentReplicas} to ${limit} at most`,
      limited: "ScaleUpLimit",
    };
  },
};
