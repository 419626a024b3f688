import type { MaxDisruption } from "../../core/index.ts";

/** "50%" of the present replicas, or "125" of them. */
export const MAX_DISRUPTION = /^[0-9]+%?$/;

/** Reads a text that matches MAX_DISRUPTION. */
export function parseMaxDisruption(text: string): MaxDisruption {
  return text.endsWith("%") ? { percent: Number(text.slice(0, -1)) } : { count: Number(text) };
}

/** Whether such a limit could ever hold a scale-down back: 100 % of the present replicas cannot. */
export function canHoldBack(maxDisruption: MaxDisruption): boolean {
  return "count" in maxDisruption || maxDisruption.percent < 100;
}
