import { counted } from "../wording.ts";
import type { Rule } from "./rule.ts";

/** Doubt may raise replicas or hold them; it never lowers them, not even to maxReplicas. */
export const holdInDoubt: Rule = {
  name: "holdInDoubt",
  apply(replicas, { situation: { currentReplicas }, doubt }) {
    if (doubt === undefined || replicas >= currentReplicas) return undefined;
    return { replicas: currentReplicas, because: `${doubt}: all ${counted(currentReplicas, "replica")} stay` };
  },
};
