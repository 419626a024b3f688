import type { Rule } from "./rule.ts";

/** Says which window of the calendar sets the bounds now; the bounds themselves are kept by the rules after it. */
export const followSchedule: Rule = {
  name: "followSchedule",
  apply(replicas, { situation: { bounds } }) {
    if (bounds === undefined) return undefined;
    const { because, until } = bounds;
    return until === undefined ? { replicas, because } : { replicas, because, reconsiderAt: until };
  },
};
