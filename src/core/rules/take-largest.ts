import { isDoubtful, type JudgedSignal } from "../judge.ts";
import type { Instant } from "../reading.ts";
import { recommend } from "./recommend.ts";
import type { Outcome, Rule } from "./rule.ts";

/** Each signal asks for a number by its own rule, and the largest wins. A doubtful signal may only raise. */
export const takeLargest: Rule = {
  name: "takeLargest",
  apply(replicas, deliberation) {
    const { doubt, signals } = deliberation;
    const asked = signals.map((judged) => believable(recommend(judged, deliberation), judged, replicas));
    const winner = largestOf(asked);
    if (winner === undefined) {
      return { replicas, because: `${doubt ?? "no signal asks for anything"}: the number stays at ${replicas}` };
    }
    const { replicas: largest, because } = asked[winner] as Outcome;
    const said = `${signals[winner]?.signal.name}: ${because}`;
    const reconsiderAt = earliest(asked);
    return {
      replicas: largest,
      because: signals.length > 1 ? `${said} (the largest of ${signals.length} signals)` : said,
      recommended: asked.map((outcome) => outcome?.replicas),
      ...(reconsiderAt === undefined ? {} : { reconsiderAt }),
    };
  },
};

function believable(outcome: Outcome | undefined, judged: JudgedSignal, replicas: number): Outcome | undefined {
  return outcome !== undefined && isDoubtful(judged) && outcome.replicas < replicas ? undefined : outcome;
}

/** Where the largest number stands; of equal ones the first. */
function largestOf(asked: readonly (Outcome | undefined)[]): number | undefined {
  let winner: number | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const [index, outcome] of asked.entries()) {
    if (outcome === undefined || outcome.replicas <= most) continue;
    winner = index;
    most = outcome.replicas;
  }
  return winner;
}

function earliest(asked: readonly (Outcome | undefined)[]): Instant | undefined {
  let first: Instant | undefined;
  for (const outcome of asked) {
    if (outcome?.reconsiderAt !== undefined) first = Math.min(outcome.reconsiderAt, first ?? outcome.reconsiderAt);
  }
  return first;
}
