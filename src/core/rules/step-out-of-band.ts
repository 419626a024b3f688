import type { SignalRule } from "../autoscaler.ts";
import { counted } from "../wording.ts";
import type { Outcome, Rule } from "./rule.ts";

type Band = Extract<SignalRule, { readonly kind: "band" }>;

/** PHPA's rule: inside the band, both ends included, nothing; outside, one step, cut off at the bounds. */
export const stepOutOfBand: Rule = {
  name: "stepOutOfBand",
  apply(replicas, { situation, signals }) {
    const judged = signals[0];
    // A number that was just put back into its bounds waits for the next poll.
    if (judged?.signal.rule.kind !== "band" || replicas !== situation.currentReplicas) return undefined;
    const { rule, name } = judged.signal;
    if (judged.doubt !== undefined || judged.reading === undefined) {
      return { replicas, because: `${judged.doubt ?? `${name} has no value`}: the number stays at ${replicas}` };
    }
    const outcome = stepFor(rule, name, judged.reading.value, replicas, situation.autoscaler);
    return { recommended: [outcome.replicas], ...outcome };
  },
};

type Bounds = { readonly minReplicas: number; readonly maxReplicas: number };

/** One step for a value outside the band, none for one inside. */
export function stepFor(band: Band, name: string, value: number, replicas: number, bounds: Bounds) {
  const { low, high } = band;
  if (value >= low && value <= high) {
    return { replicas, because: `${name} is ${value}, within ${low} to ${high}: ${replicas} is right` };
  }
  const above = value > high;
  const busy = above === (band.direction === "HighIsBusy");
  const side = above ? `${value}, above ${high}` : `${value}, below ${low}`;
  const change = busy ? band.stepUp : -band.stepDown;
  return boundedStep(replicas, change, bounds, `${name} is ${side}, which means ${busy ? "too busy" : "idle"}`);
}

/** One step up or down; where it would leave the bounds, to the bound. */
function boundedStep(
  replicas: number,
  change: number,
  { minReplicas, maxReplicas }: { readonly minReplicas: number; readonly maxReplicas: number },
  why: string,
): Outcome {
  const wanted = replicas + change;
  const step = `${why}: ${counted(Math.abs(change), "replica")} ${change > 0 ? "more" : "fewer"}`;
  if (wanted > maxReplicas) {
    return { replicas: maxReplicas, because: `${step}, but maxReplicas is ${maxReplicas}`, limited: "TooManyReplicas" };
  }
  if (wanted < minReplicas) {
    return { replicas: minReplicas, because: `${step}, but minReplicas is ${minReplicas}`, limited: "TooFewReplicas" };
  }
  return { replicas: wanted, because: step };
}
