import type { Instant } from "../reading.ts";
import { recommend } from "./recommend.ts";
import type { Rule } from "./rule.ts";

/** Each signal asks for a number by its own rule, and the largest wins. A doubtful signal may only raise. */
export const takeLargest: Rule = {
  name: "takeLargest",
  apply(replicas, deliberation) {
    const asked = deliberation.signals.map((judged) => ({ judged, asked: recommend(judged, deliberation) }));
    const recommended: Record<string, number> = {};
    let largest: { replicas: number; because: string } | undefined;
    let reconsiderAt: Instant | undefined;
    for (const { judged, asked: outcome } of asked) {
      if (
        outcome === undefined ||
        (judged.doubt !== undefined && judged.signal.whenMissing !== "Zero" && outcome.replicas < replicas)
      )
        continue;
      recommended[judged.signal.name] = outcome.replicas;
      if (outcome.reconsiderAt !== undefined)
        reconsiderAt = Math.min(outcome.reconsiderAt, reconsiderAt ?? Number.POSITIVE_INFINITY);
      if (largest === undefined || outcome.replicas > largest.replicas) {
        largest = { replicas: outcome.replicas, because: `${judged.signal.name}: ${outcome.because}` };
      }
    }
    if (largest === undefined)
      return {
        replicas,
        because: `${deliberation.doubt ?? "no signal asks for anything"}: the number stays at ${replicas}`,
      };
    const count = deliberation.signals.length;
    return {
      replicas: largest.replicas,
      because: count > 1 ? `${largest.because} (the largest of ${count} signals)` : largest.because,
      recommended,
      ...(reconsiderAt === undefined ? {} : { reconsiderAt }),
    };
  },
};
