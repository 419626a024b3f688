import type { Arrivals } from "./arrivals.ts";
import type { Drain } from "./drain-memory.ts";

/** What the number of replicas follows from. */
export interface DrainNeed {
  readonly waiting: number;
  readonly inFlight: number;
  readonly secondsPerMessage: number;
}

/** The same, where arrivals are known. */
export interface FlowNeed extends DrainNeed {
  readonly arrivals: Arrivals;
  /** Coefficient of variation (deviation / mean) of a message's time. */
  readonly variation: number;
  /** Hands that hold a message and finish nothing. */
  readonly held: number;
  /** The workload's replicas now. */
  readonly current: number;
  /** Until those that were asked for last work. */
  readonly startingSeconds: number;
  readonly pollSeconds: number;
}

/** What a preference means. Waits as shares of the objective. */
interface Preference {
  /** What a change of the number aims at: a wait that keeps the workers from ever being idle. */
  readonly aim: number;
  /** A longer wait that is foreseen brings more replicas. */
  readonly most: number;
  /** Replicas in reserve, in square roots of the busy ones (Halfin and Whitt), besides `headroom`. */
  readonly reserve: number;
}
const PREFERENCES: Readonly<Record<Drain["prefer"], Preference>> = {
  Cost: { aim: 0.3, most: 0.35, reserve: 0 },
  Wait: { aim: 0, most: 0.02, reserve: 1 },
};

/** A wait of at most this share of the objective lets replicas go. */
const SHORT_WAIT = 0.1;
/** Seconds in which the queue may grow to the aim when replicas go: a longer time means fewer changes. */
const FALL_SECONDS = 300;
/** A foreseen wait of more than this share of the objective is brought down in half the time that is left, else in three times of it. */
const URGENT = 0.6;
const QUICK = 0.5;
const CALM = 3;
/** Starting takes part of the objective; at least this share is left. */
const LEAST_LEFT = 0.25;
/** Without counters a wait of none cannot be aimed at. */
const LEAST_AIM = 0.1;
/** Arithmetic's rounding is not worth a replica. */
const TRACE = 1e-9;

/**
 * Without counters: ceil([in flight + headroom x sqrt(in flight) + waiting x min(1, S/T)] / concurrency). At least one
 * while there is anything to do. `T` is the objective, or `blindSeconds` where what is in flight is not told either.
 */
export function drainSize(
  rule: Drain,
  { waiting, inFlight, secondsPerMessage }: DrainNeed,
  T = rule.withinSeconds,
): number {
  const { concurrency } = rule;
  const share = Math.min(1, secondsPerMessage / T);
  const hands = inFlight + reserveOf(rule) * Math.sqrt(inFlight) + waiting * share;
  return Math.max(whole(hands / concurrency), waiting + inFlight > 0 ? 1 : 0);
}

/**
 * Where neither what arrives nor what is in flight is told, a queue grows until it takes the time that it is given: it
 * is given the preferred wait, not the objective.
 */
export function blindSeconds({ withinSeconds, prefer }: Drain): number {
  return withinSeconds * Math.max(PREFERENCES[prefer].aim, LEAST_AIM);
}

/**
 * The present number while the wait it leads to lies in the preferred range; outside of it the number that leads back.
 * A queue that is never empty costs exactly the work that arrives (Little's law), however long its wait is.
 */
export function flowSize(rule: Drain, need: FlowNeed): number {
  const { waiting, inFlight, secondsPerMessage: S, held, current, arrivals } = need;
  const { withinSeconds: T, concurrency } = rule;
  const preference = PREFERENCES[rule.prefer];
  const reserve = reserveOf(rule) * Math.sqrt(arrivals.perSecond * S);
  const least = waiting + inFlight > 0 ? 1 : 0;
  const hands = Math.max(0, current * concurrency - held);
  const lead = rule.startUpSeconds + need.pollSeconds;
  const coming = arrivals.within(lead);
  const working = workSeconds(need, hands, lead);
  // Unfinished when a replica asked for now takes its first message.
  const later = Math.max(0, waiting + coming - working / S);
  const busy = arrivals.perSecond * S;
  const isLong = hands === 0 || waitOf(later, hands, need, rule) > preference.most * T;
  // Half of a reserve may be in use before more is asked for.
  const isShort = reserve > 0 && hands < busy + reserve / 2;
  if (isLong || isShort) {
    const needed = isLong ? rising(rule, need, { later, coming, working, hands, lead }) : 0;
    return Math.max(whole((held + reserve + Math.max(needed, isShort ? busy : 0)) / concurrency), current, least);
  }
  if ((waiting * S) / hands > SHORT_WAIT * T) return Math.max(current, least);
  const target = preference.aim * T;
  const needed = ((waiting + arrivals.perSecond * FALL_SECONDS) * S) / (FALL_SECONDS + target);
  const fewer = Math.max(whole((held + reserve + needed) / concurrency), busyReplicas(rule, inFlight), least);
  return fewer < current ? fewer : Math.max(current, least);
}

/** Seconds of work that the present hands do within the lead; those that start now do less. */
function workSeconds({ waiting, inFlight, arrivals, startingSeconds }: FlowNeed, hands: number, lead: number): number {
  // While messages wait, who works has one; of the others it is known when they were asked for.
  const ready = waiting > 0 && !arrivals.isFitful ? Math.min(hands, inFlight) : hands;
  return ready * lead + (hands - ready) * (lead - startingSeconds);
}

interface Foreseen {
  readonly later: number;
  readonly coming: number;
  readonly working: number;
  readonly hands: number;
  readonly lead: number;
}

/** Hands that bring the wait back to the aim, and begin what waits now within the objective. */
function rising(rule: Drain, need: FlowNeed, { later, coming, working, hands, lead }: Foreseen): number {
  const { waiting, inFlight, secondsPerMessage: S, held, arrivals } = need;
  const { withinSeconds: T } = rule;
  const left = Math.max(T - lead, T * LEAST_LEFT);
  const aim = PREFERENCES[rule.prefer].aim * T;
  const within = (seconds: number) => ((later + arrivals.within(lead + seconds) - coming) * S) / (seconds + aim);
  const isUrgent = held > 0 || hands === 0 || ((later * S) / hands > URGENT * T && !arrivals.isFitful);
  const calm = within(CALM * left);
  const back = isUrgent ? Math.max(calm, within(QUICK * left)) : calm;
  const inTime = (waiting * S - working) / left;
  // More hands than messages are of no use.
  return Math.min(Math.max(back, inTime), waiting + inFlight + Math.max(coming, arrivals.perSecond * S));
}

/** Seconds that a message waits behind that number of others, with the objective's share of certainty where workers are few. */
function waitOf(ahead: number, hands: number, need: FlowNeed, rule: Drain): number {
  const mean = (ahead * need.secondsPerMessage) / hands;
  const sure = mean + spread(rule, need, ahead) / hands;
  return sure > rule.withinSeconds ? sure : mean;
}

/** By how many seconds of work the objective's share of such queues exceeds the mean: a sum of independent times (M/G/c). */
function spread({ share }: Drain, { secondsPerMessage, variation }: FlowNeed, messages: number): number {
  return Math.max(0, normalQuantile(share)) * variation * secondsPerMessage * Math.sqrt(messages);
}

/**
 * Seconds within which the objective's share of messages that arrive until an objective from now begin, with so many
 * replicas. Infinite without any.
 */
export function sureWait(rule: Drain, need: FlowNeed, replicas: number): number {
  const hands = replicas * rule.concurrency - need.held;
  if (hands <= 0) return Number.POSITIVE_INFINITY;
  const { waiting, arrivals, secondsPerMessage: S } = need;
  const after = waiting + (arrivals.perSecond - hands / S) * rule.withinSeconds;
  const ahead = Math.max(waiting, after);
  return Math.max((ahead * S + spread(rule, need, ahead)) / hands, chanceWait(rule, need, hands));
}

/**
 * Seconds that chance alone makes the objective's share of messages wait at most: M/G/c's wait (Sakasegawa's
 * approximation; who waits does so for an exponential time), or as much of it as an objective's time can bring about.
 */
function chanceWait(
  { share, withinSeconds: T }: Drain,
  { arrivals: { perSecond }, secondsPerMessage: S, variation }: FlowNeed,
  hands: number,
): number {
  const load = (perSecond * S) / hands;
  if (load === 0) return 0;
  const walk = (normalQuantile((1 + share) / 2) * S * Math.sqrt((1 + variation ** 2) * perSecond * T)) / hands;
  if (load >= 1) return walk;
  const waits = load ** (Math.sqrt(2 * (hands + 1)) - 1);
  const mean = (S * (1 + variation ** 2)) / 2 / (hands * (1 - load));
  return Math.min(walk, Math.max(0, Math.log(waits / (1 - share))) * mean);
}

/** Replicas that have something in hands: fewer would stop some of them. */
export function busyReplicas({ concurrency }: Drain, inFlight: number): number {
  return whole(inFlight / concurrency);
}

function reserveOf({ headroom, prefer }: Drain): number {
  return Math.max(headroom, PREFERENCES[prefer].reserve);
}

function whole(replicas: number): number {
  return Math.max(0, Math.ceil(replicas - TRACE));
}

/** Of the standard normal distribution, within 0.00045 (Abramowitz and Stegun, 26.2.23). */
function normalQuantile(share: number): number {
  if (share === 0.5) return 0;
  const t = Math.sqrt(-2 * Math.log(Math.min(share, 1 - share)));
  const tail =
    t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
  return share < 0.5 ? -tail : tail;
}
