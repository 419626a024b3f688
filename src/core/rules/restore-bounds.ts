import type { Rule } from "./rule.ts";

/** A number outside its bounds goes to the nearer bound at once, whatever the signals say. */
export const restoreBounds: Rule = {
  name: "restoreBounds",
  apply(replicas, { situation: { autoscaler } }) {
    const { minReplicas, maxReplicas } = autoscaler;
    if (replicas < minReplicas) {
      return {
        replicas: minReplicas,
        because: `${replicas} is below minReplicas ${minReplicas}`,
        limited: "TooFewReplicas",
      };
    }
    if (replicas > maxReplicas) {
      return {
        replicas: maxReplicas,
        because: `${replicas} is above maxReplicas ${maxReplicas}`,
        limited: "TooManyReplicas",
      };
    }
    return undefined;
  },
};
