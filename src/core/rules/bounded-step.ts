import { counted } from "../wording.ts";
import type { Outcome } from "./rule.ts";

/** One step up or down; where it would leave the bounds, to the bound. */
export function boundedStep(
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
