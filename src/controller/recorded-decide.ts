import { Alike, type decide as coreDecide, type Step } from "../core/index.ts";
import type { Recorder } from "./recorder.ts";

/** `decide`, of whose decisions the recorder hears; the steps that thousands have in common are kept once. */
export function recordedDecide(decide: typeof coreDecide, recorder: Recorder): typeof coreDecide {
  const alike = new Alike<readonly Step[]>();
  return (situation) => {
    const { steps, ...rest } = decide(situation);
    const decision = { ...rest, steps: alike.of(steps) };
    recorder.decided(situation, decision);
    return decision;
  };
}
