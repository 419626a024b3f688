import type { Autoscaler } from "../autoscaler.ts";
import type { Reading } from "../reading.ts";
import type { Rule } from "./rule.ts";

/** Paused: the present number, or the one that was asked for, and no further rule. */
export const pause: Rule = {
  name: "pause",
  apply(replicas, { situation: { autoscaler } }) {
    if (autoscaler.mode !== "Paused") return undefined;
    const { pausedReplicas } = autoscaler;
    if (pausedReplicas === undefined) return { replicas, because: `paused: ${replicas} stays`, final: true };
    return { replicas: pausedReplicas, because: `paused at ${pausedReplicas}`, final: true };
  },
};

/** Says which window of the calendar sets the bounds now; the bounds themselves are kept by the rules after it. */
export const followSchedule: Rule = {
  name: "followSchedule",
  apply(replicas, { situation: { bounds } }) {
    if (bounds === undefined) return undefined;
    const { because, until } = bounds;
    return until === undefined ? { replicas, because } : { replicas, because, reconsiderAt: until };
  },
};

/** A number outside its bounds goes to the nearer bound at once, despite the signals. */
export const restoreBounds: Rule = {
  name: "restoreBounds",
  apply(replicas, { situation: { autoscaler } }) {
    const { minReplicas, maxReplicas } = autoscaler;
    if (replicas < minReplicas) {
      return {
        replicas: minReplicas,
        because: `${replicas} is below minReplicas ${minReplicas}`,
        limited: "TooFewReplicas",
      };
    }
    if (replicas > maxReplicas) {
      return {
        replicas: maxReplicas,
        because: `${replicas} is above maxReplicas ${maxReplicas}`,
        limited: "TooManyReplicas",
      };
    }
    return undefined;
  },
};

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

/** Whether messages are known to arrive and to take time: then an empty queue is a fast one, not an idle one. */
export function hasArrivals(autoscaler: Autoscaler, reading: Reading | undefined): boolean {
  return (autoscaler.secondsPerMessage ?? 0) > 0 && (reading?.arrivalsPerMinute ?? 0) > 0;
}

/** WPA's floor: minReplicas, or as many workers as the arriving work keeps busy. Not held to maxReplicas. */
export function rateFloor(autoscaler: Autoscaler, reading: Reading | undefined): number {
  const seconds = autoscaler.secondsPerMessage ?? 0;
  const arrivals = reading?.arrivalsPerMinute ?? 0;
  if (seconds <= 0 || arrivals <= 0) return autoscaler.minReplicas;
  return Math.max(autoscaler.minReplicas, Math.ceil((seconds * arrivals) / 60));
}

/** Where the floor comes from, as a clause. */
export function explainFloor(autoscaler: Autoscaler, reading: Reading | undefined): string {
  const floor = rateFloor(autoscaler, reading);
  if (floor === autoscaler.minReplicas) return `minReplicas is ${floor}`;
  return `${reading?.arrivalsPerMinute} messages a minute at ${autoscaler.secondsPerMessage} s each keep ${floor} busy`;
}
