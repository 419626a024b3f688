import { explainFloor, rateFloor } from "./rate-floor.ts";
import type { Rule } from "./rule.ts";

/** WPA's bounds: the floor from below, maxReplicas from above; where the floor reaches maxReplicas, maxReplicas it is. */
export const keepWithinBounds: Rule = {
  name: "keepWithinBounds",
  apply(replicas, { situation: { autoscaler }, signals }) {
    const { minReplicas, maxReplicas } = autoscaler;
    const reading = signals[0]?.reading;
    const floor = rateFloor(autoscaler, reading);
    if (floor >= maxReplicas) {
      if (minReplicas > maxReplicas) {
        const because = `minReplicas ${minReplicas} is above maxReplicas ${maxReplicas}: maxReplicas is what counts`;
        return { replicas: maxReplicas, because, limited: "MinAboveMax" };
      }
      if (replicas === maxReplicas) return undefined;
      const limited = replicas > maxReplicas || floor > maxReplicas ? "TooManyReplicas" : "TooFewReplicas";
      const because = `${explainFloor(autoscaler, reading)}, and maxReplicas is ${maxReplicas}`;
      return { replicas: maxReplicas, because, limited };
    }
    if (replicas > maxReplicas) {
      return { replicas: maxReplicas, because: `maxReplicas is ${maxReplicas}`, limited: "TooManyReplicas" };
    }
    if (replicas >= floor) return undefined;
    const because = explainFloor(autoscaler, reading);
    if (floor > minReplicas) return { replicas: floor, because };
    return { replicas: floor, because, limited: "TooFewReplicas" };
  },
};
