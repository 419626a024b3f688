import type { Memory } from "../decision.ts";
import { isDoubtful, type JudgedSignal } from "../judge.ts";
import type { Instant } from "../reading.ts";
import type { Drained } from "./drain.ts";
import { recommend } from "./recommend.ts";
import type { Deliberation, Outcome, Rule } from "./rule.ts";

/** Each signal asks for a number by its own rule, and the largest wins. A doubtful signal may only raise. */
export const takeLargest: Rule = {
  name: "takeLargest",
  apply(replicas, deliberation) {
    const { doubt, signals } = deliberation;
    const all = signals.map((judged) => recommend(judged, deliberation));
    const memory = drainsNoted(deliberation, all);
    const asked = all.map((outcome, index) => believable(outcome, signals[index] as JudgedSignal, replicas));
    const winner = largestOf(asked);
    const said: Mutable<Outcome> = { replicas, because: "" };
    if (memory !== undefined) said.memory = memory;
    if (winner === undefined) {
      said.because = `${doubt ?? "no signal asks for anything"}: the number stays at ${replicas}`;
      return said;
    }
    const { replicas: largest, because, limited } = asked[winner] as Outcome;
    const own = `${signals[winner]?.signal.name}: ${because}`;
    said.replicas = largest;
    said.because = signals.length > 1 ? `${own} (the largest of ${signals.length} signals)` : own;
    said.recommended = asked.map((outcome) => outcome?.replicas);
    const reconsiderAt = earliest(asked);
    if (limited !== undefined) said.limited = limited;
    if (reconsiderAt !== undefined) said.reconsiderAt = reconsiderAt;
    return said;
  },
};

type Mutable<Value> = { -readonly [Field in keyof Value]: Value[Field] };

/** The memory with what drain rules remember now; undefined where that is what they remembered before. */
function drainsNoted(
  { signals, situation: { memory } }: Deliberation,
  outcomes: readonly (Outcome | Drained | undefined)[],
): Memory | undefined {
  let drains = memory.drains;
  for (let index = 0; index < outcomes.length; index += 1) {
    const outcome = outcomes[index];
    const name = signals[index]?.signal.name;
    if (outcome === undefined || name === undefined || !("drain" in outcome)) continue;
    if (drains?.[name] !== outcome.drain) drains = Object.assign({}, drains, { [name]: outcome.drain });
  }
  return drains === undefined || drains === memory.drains ? undefined : Object.assign({}, memory, { drains });
}

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
