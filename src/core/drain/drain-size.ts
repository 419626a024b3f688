import type { Drain } from "./note-look.ts";

/** What the number of replicas follows from. */
export interface DrainNeed {
  readonly waiting: number;
  readonly inFlight: number;
  /** Messages that arrive a second; undefined: not known. */
  readonly perSecond: number | undefined;
  readonly secondsPerMessage: number;
}

/** A sum that arithmetic left a trace in is not worth a replica. */
const TRACE = 1e-9;

/**
 * ceil([busy + headroom x sqrt(busy) + waiting x min(1, S/T)] / concurrency), where busy is the larger of the work that
 * arrives (Little's law) and what is in hands. At least one while there is anything to do.
 */
export function drainSize(rule: Drain, { waiting, inFlight, perSecond = 0, secondsPerMessage }: DrainNeed): number {
  const { withinSeconds, concurrency, headroom } = rule;
  const busy = Math.max(perSecond * secondsPerMessage, inFlight);
  const slots = busy + headroom * Math.sqrt(busy) + waiting * Math.min(1, secondsPerMessage / withinSeconds);
  const replicas = Math.ceil(slots / concurrency - TRACE);
  return Math.max(replicas, waiting + inFlight > 0 ? 1 : 0);
}

/** Workers that have something in hands: fewer would stop some of them. */
export function busyReplicas({ concurrency }: Drain, inFlight: number): number {
  return Math.ceil(inFlight / concurrency - TRACE);
}
