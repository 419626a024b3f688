import type { Drain } from "./note-look.ts";

const E = (name: string, usual: number): number => {
  const env = (globalThis as unknown as { process: { env: Record<string, string> } }).process.env[name];
  return env === undefined ? usual : Number(env);
};
const HI = E("HI", 0.4);
const MID = E("MID", 0.25);
const LO = E("LO", 0.1);
const HD = E("HD", 120);
const TAU = E("TAU", 1);
const TAUF = E("TAUF", 3);
const TAUM = E("TAUM", 2.5);
const URG = E("URG", 1);
const HELDTAU = E("HELDTAU", 0.5);
const START = E("START", 1);
const NOGUARD = E("NOGUARD", 0);

/** What the number of replicas follows from. */
export interface DrainNeed {
  readonly waiting: number;
  readonly inFlight: number;
  /** Messages that arrive a second; undefined: not known. */
  readonly perSecond: number | undefined;
  readonly arrivalsWithin?: (seconds: number) => number;
  readonly fitful?: boolean;
  readonly startingSeconds?: number;
  readonly held?: number;
  readonly pollSeconds?: number;
  readonly current?: number;
  readonly secondsPerMessage: number;
}

/** A sum that arithmetic left a trace in is not worth a replica. */
const TRACE = 1e-9;

/**
 * ceil([busy + headroom x sqrt(busy) + waiting x min(1, S/T)] / concurrency), where busy is the larger of the work that
 * arrives (Little's law) and what is in hands. At least one while there is anything to do.
 */
export function drainSize(rule: Drain, need: DrainNeed): number {
  const { waiting, inFlight, perSecond, secondsPerMessage: S, held = 0, current = 0, pollSeconds = 5 } = need;
  const { withinSeconds: T, concurrency: c, headroom } = rule;
  const least = waiting + inFlight > 0 ? 1 : 0;
  if (perSecond === undefined) {
    const slots = inFlight + headroom * Math.sqrt(inFlight) + waiting * Math.min(1, S / T);
    return Math.max(Math.ceil(slots / c - TRACE), least);
  }
  const lead = rule.startUpSeconds + pollSeconds;
  const left = Math.max(T - lead, T / 4);
  const hands = Math.max(current * c - held, 0);
  const coming = need.arrivalsWithin ?? ((seconds: number) => perSecond * seconds);
  const reserve = headroom * Math.sqrt(perSecond * S);
  const soon = coming(lead);
  const ready = START && !need.fitful && waiting > 0 ? Math.min(hands, inFlight) : hands;
  const working = (ready * lead + (hands - ready) * (lead - (need.startingSeconds ?? 0))) / lead;
  const done = Math.min((working * lead) / S, waiting + soon);
  const later = waiting + soon - done;
  const target = MID * T;
  const most = waiting + inFlight + soon;
  // up
  const urgent = hands <= 0 || (later * S) / hands > URG * T;
  const tau = left * (held > 0 ? HELDTAU : need.fitful ? TAUF : urgent ? TAU : TAUM);
  const rise = Math.max(((later + coming(lead + tau) - soon) * S) / (tau + target), (waiting * S - working * lead) / left);
  const upN = Math.ceil((held + reserve + Math.min(rise, most)) / c - TRACE);
  if (hands <= 0 || (later * S) / hands > HI * T) return Math.max(upN, current, least);
  const fall = ((waiting + perSecond * HD) * S) / (HD + target);
  const downN = Math.max(Math.ceil((held + reserve + fall) / c - TRACE), least, NOGUARD ? 0 : busyReplicas(rule, inFlight));
  if (downN < current && (waiting * S) / hands <= LO * T) return downN;
  return Math.max(current, least);
}

/** Workers that have something in hands: fewer would stop some of them. */
export function busyReplicas({ concurrency }: Drain, inFlight: number): number {
  return Math.ceil(inFlight / concurrency - TRACE);
}
