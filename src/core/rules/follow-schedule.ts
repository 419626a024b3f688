import type { Rule } from "./rule.ts";

/** Says which window of the calendar sets the bounds now; the bounds themselves are kept by the rules after it. */
export const followSchedule: Rule = {
  name: "followSchedule",
  apply(replicas, { situation: { bounds } }) {
    if (bounds === undefined) return undefined;
    return {
      replicas,
      because: bounds.because,
      ...(bounds.until === undefined ? {} : { reconsiderAt: bounds.until }),
    };
  },
};
