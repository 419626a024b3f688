import type { Memory, Mutable } from "../decision.ts";
import type { DrainMemory } from "../drain/drain-memory.ts";
import { isDoubtful, type JudgedSignal } from "../judge.ts";
import type { Instant } from "../reading.ts";
import type { Drained } from "./drain.ts";
import { recommend } from "./recommend.ts";
import type { Deliberation, Outcome, Rule } from "./rule.ts";

/** Each signal asks for a number by its own rule, and the largest wins. A doubtful signal may only raise. */
export const takeLargest: Rule = largestOfSignals("takeLargest", (outcome, judged, { situation }) =>
  outcome !== undefined && isDoubtful(judged) && outcome.replicas < situation.currentReplicas ? undefined : outcome,
);

/** The largest of what `believed` leaves of each signal's recommendation. */
export function largestOfSignals(
  name: string,
  believed: (outcome: Outcome | undefined, judged: JudgedSignal, deliberation: Deliberation) => Outcome | undefined,
): Rule {
  return {
    name,
    apply(replicas, deliberation) {
      const { signals } = deliberation;
      const all = signals.map((judged) => recommend(judged, deliberation));
      const memory = drainsNoted(deliberation, all);
      const asked = all.map((outcome, index) => believed(outcome, signals[index] as JudgedSignal, deliberation));
      const outcome = whatWinnerAsks(replicas, asked, deliberation);
      if (memory !== undefined) outcome.memory = memory;
      return outcome;
    },
  };
}

// Fields are set one by one and no iterators made: a rehearsal asks a million times a second.
function whatWinnerAsks(
  replicas: number,
  asked: readonly (Outcome | undefined)[],
  { doubt, signals }: Deliberation,
): Mutable<Outcome> {
  const winner = largestOf(asked);
  if (winner === undefined) {
    return { replicas, because: `${doubt ?? "no signal asks for anything"}: the number stays at ${replicas}` };
  }
  const { replicas: largest, because, limited } = asked[winner] as Outcome;
  const said = `${signals[winner]?.signal.name}: ${because}`;
  const outcome: Mutable<Outcome> = {
    replicas: largest,
    because: signals.length > 1 ? `${said} (the largest of ${signals.length} signals)` : said,
    recommended: asked.map((one) => one?.replicas),
  };
  const reconsiderAt = earliest(asked);
  if (limited !== undefined) outcome.limited = limited;
  if (reconsiderAt !== undefined) outcome.reconsiderAt = reconsiderAt;
  return outcome;
}

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
    if (drains?.[name] !== outcome.drain) drains = withDrain(drains, name, outcome.drain);
  }
  if (drains === undefined || drains === memory.drains) return undefined;
  const noted: Mutable<Memory> = { ...memory };
  noted.drains = drains;
  return noted;
}

function withDrain(drains: Memory["drains"], name: string, drain: DrainMemory): NonNullable<Memory["drains"]> {
  const noted: Record<string, DrainMemory> = { ...drains };
  noted[name] = drain;
  return noted;
}

/** Where the largest number stands; of equal ones the first. */
function largestOf(asked: readonly (Outcome | undefined)[]): number | undefined {
  let winner: number | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < asked.length; index += 1) {
    const outcome = asked[index];
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
