import type { SignalRule } from "../../core/index.ts";
import type { Sight, Sightings } from "./sight.ts";
import type { SourceTraits } from "./source-traits.ts";

/** What of the simulated world a signal's value can be. */
export const QUANTITIES = [
  "unfinished",
  "waiting",
  "inFlight",
  "oldestSeconds",
  "arrivalsPerMinute",
  "idleWorkers",
  "idlePercent",
  "busyPercent",
] as const;
export type Quantity = (typeof QUANTITIES)[number];

/** What a signal is taken to see where nobody says it. */
export function usualQuantity(rule: SignalRule, traits: SourceTraits): Quantity {
  if (rule.kind === "band" && rule.direction === "HighIsIdle") return "idlePercent";
  if (rule.kind === "throughput" && traits.arrivals === undefined) return "arrivalsPerMinute";
  return "unfinished";
}

/** The value of that quantity. */
export function seenValue(quantity: Quantity, sight: Sight, past: Sightings): number {
  const { waiting, inFlight, ready, busy, oldestSeconds } = sight;
  switch (quantity) {
    case "unfinished":
      return waiting + inFlight;
    case "waiting":
      return waiting;
    case "inFlight":
      return inFlight;
    case "oldestSeconds":
      return oldestSeconds;
    case "arrivalsPerMinute":
      return past.perMinute("arrived", sight.at, { windowSeconds: 60, delaySeconds: 0 });
    case "idleWorkers":
      return ready - busy;
    case "idlePercent":
      return ready === 0 ? 100 : (100 * (ready - busy)) / ready;
    case "busyPercent":
      return ready === 0 ? 0 : (100 * busy) / ready;
  }
}
