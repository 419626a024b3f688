import { byCost, type Candidate, cheapest, leastOver, type Objective, saving } from "./candidate.ts";

/** What the search and the check came to. */
export interface Tuning {
  readonly objective: Objective;
  /** All that were played with every seed. */
  readonly candidates: readonly Candidate[];
  readonly present: Candidate;
  /** What is to be written: absent where nothing meets the objective. */
  readonly chosen?: Candidate;
  /** The one that comes nearest to the objective, where none meets it. */
  readonly nearest?: Candidate;
  /** The chosen one where the search has not been. */
  readonly check?: Candidate;
}

/** Whether there is a setting that meets the objective, where the search has not been too. */
export function holds({ chosen, check }: Pick<Tuning, "chosen" | "check">): boolean {
  return chosen !== undefined && check !== undefined && check.meets !== "no";
}

/** The cheapest one that meets the objective, unless what is there does so too and costs the same as far as one can tell. */
export function chosenAmong(candidates: readonly Candidate[], present: Candidate): Pick<Tuning, "chosen" | "nearest"> {
  const best = cheapest(candidates);
  if (best === undefined) {
    const nearest = leastOver(candidates);
    return nearest === undefined ? {} : { nearest };
  }
  if (best.meets !== present.meets) return { chosen: best };
  const cheaper = candidates.filter((candidate) => candidate.meets === best.meets && isCheaper(candidate, present));
  return { chosen: byCost(cheaper)[0] ?? present };
}

/** With 95 % confidence. */
function isCheaper(one: Candidate, other: Candidate): boolean {
  const { mean, plusMinus = 0 } = saving(one, other);
  return mean - plusMinus > 0;
}
