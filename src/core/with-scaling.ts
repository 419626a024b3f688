import type { Autoscaler } from "./autoscaler.ts";
import type { Memory } from "./decision.ts";
import type { Mutable } from "./mutable.ts";
import type { Instant } from "./reading.ts";

/** Longest period that an HPA-like rate policy may have, in milliseconds (autoscaling/v2: 1800 s). */
const LONGEST_PERIOD = 1_800_000;

/** The memory after replicas were changed by us. */
export function withScaling(memory: Memory, autoscaler: Autoscaler, change: number, at: Instant): Memory {
  const next: Mutable<Memory> = { ...memory };
  next.lastScaleAt = at;
  if (autoscaler.behavior === undefined) return next;
  const scalings = (memory.scalings ?? []).filter((scaling) => at - scaling.at <= LONGEST_PERIOD);
  scalings.push({ at, change });
  next.scalings = scalings;
  return next;
}
