import type { Decision, Situation } from "./decision.ts";

/** Placeholder until the profiles land (next commit): holds. */
export function decide(situation: Situation): Decision {
  return {
    desiredReplicas: situation.currentReplicas,
    direction: "none",
    steps: [],
    signals: [],
    memory: situation.memory,
  };
}
