import type { Autoscaler, Signal } from "./autoscaler.ts";
import { decide as coreDecide } from "./decide.ts";
import type { Situation } from "./decision.ts";
import { judge } from "./judge.ts";
import { type LaterAnswer, laterAnswer } from "./later-answer.ts";
import type { Instant, Reading } from "./reading.ts";
import { type Change, smallestChange, type Unchanged } from "./smallest-change.ts";

/** What a signal would have to say for another answer. */
export interface SignalChange {
  readonly name: string;
  /** Which number of its reading. */
  readonly of: "value" | "arrivalsPerMinute";
  readonly now: number;
  readonly rise: Change | Unchanged;
  readonly fall: Change | Unchanged;
}

/** What each thing that could be otherwise would lead to; every answer is `decide`'s own. */
export interface WhatWouldChange {
  /** What is decided as things are. */
  readonly desiredReplicas: number;
  /** When time alone changes the answer, while the signals go on saying what they say. Absent: it does not. */
  readonly later?: LaterAnswer;
  readonly signals: readonly SignalChange[];
  /** Signals that cannot be believed now, and the answer if another look read the same. */
  readonly readAgain: readonly { readonly name: string; readonly desiredReplicas: number }[];
  /** Limits of the autoscaler without which the answer would be another one, by their field. */
  readonly without: readonly { readonly limit: string; readonly desiredReplicas: number }[];
}

/** Asks `decide` again in situations that differ from this one in a single thing. */
export function whatWouldChange(situation: Situation, decide: typeof coreDecide = coreDecide): WhatWouldChange {
  const { autoscaler, now, signals: states } = situation;
  const { desiredReplicas } = decide(situation);
  const judged = autoscaler.signals.map((signal) => judge(signal, states[signal.name], now));
  const doubtful = judged.filter(({ doubt, reading }) => doubt !== undefined && reading !== undefined);
  const trusted = judged.filter(({ doubt }) => doubt === undefined);
  const later = laterAnswer(situation, desiredReplicas, decide);
  return {
    desiredReplicas,
    ...(later === undefined ? {} : { later }),
    signals: trusted.flatMap(({ signal }) => signalChanges(situation, signal, desiredReplicas, decide)),
    readAgain: doubtful.flatMap(({ signal, reading }) => {
      if (reading === undefined) return [];
      const states = { ...situation.signals, [signal.name]: { reading: { ...reading, at: now } } };
      return [{ name: signal.name, desiredReplicas: decide({ ...situation, signals: states }).desiredReplicas }];
    }),
    without: Object.entries(LIFTED).flatMap(([limit, lift]) => {
      const { desiredReplicas: free } = decide({ ...situation, autoscaler: lift(autoscaler) });
      return free === desiredReplicas ? [] : [{ limit, desiredReplicas: free }];
    }),
  };
}

function signalChanges(
  situation: Situation,
  signal: Signal,
  desired: number,
  decide: typeof coreDecide,
): readonly SignalChange[] {
  const reading = situation.signals[signal.name]?.reading;
  if (reading === undefined) return [];
  const numbers = (["value", "arrivalsPerMinute"] as const).flatMap((of) => {
    const now = reading[of];
    if (now === undefined) return [];
    // As if two looks had read that: a fall is not asked to be confirmed.
    const at = (number: number) => {
      const changed = { reading: changedReading(reading, of, number, signal, situation.now) };
      return decide({ ...situation, signals: { ...situation.signals, [signal.name]: changed } });
    };
    const isWhole = of === "value" && signal.rule.kind !== "band" && signal.rule.kind !== "perReplica";
    const unit = isWhole ? 1 : grain(signal, now);
    // Far outside a band nothing is nearer or farther.
    const far = unit * 10_000_000;
    const [least, most] = signal.rule.kind === "band" ? [now - far, now + far] : [0, Number.MAX_SAFE_INTEGER];
    const search = { now, desired, at, unit, least, most };
    return [
      {
        name: signal.name,
        of,
        now,
        rise: smallestChange({ ...search, way: 1 }),
        fall: smallestChange({ ...search, way: -1 }),
      },
    ];
  });
  // Arrivals that nothing is reckoned from are not worth a word.
  return numbers.filter(({ of, rise, fall }) => of === "value" || "by" in rise || "by" in fall);
}

/** More messages wait more, fewer wait less until none is left but those in hands. */
function changedReading(
  reading: Reading,
  of: SignalChange["of"],
  number: number,
  { rule }: Signal,
  now: Instant,
): Reading {
  const changed = { ...reading, at: now, [of]: number };
  if (rule.kind !== "drain" || of !== "value") return changed;
  const inFlight = Math.min(number, reading.inFlight ?? 0);
  const waiting = number - inFlight;
  // Dated as it was: what nobody has seen teaches nothing.
  return { ...changed, at: reading.at, waiting, ...(reading.inFlight === undefined ? {} : { inFlight }) };
}

/** A measure changes by its fourth digit. */
function grain({ rule }: Signal, now: number): number {
  const sizes = rule.kind === "band" ? [rule.low, rule.high] : rule.kind === "perReplica" ? [rule.valuePerReplica] : [];
  const size = Math.max(Math.abs(now), ...sizes.map(Math.abs));
  return size > 0 ? 10 ** (Math.floor(Math.log10(size)) - 3) : 0.001;
}

/** By field: the autoscaler without that limit. */
const LIFTED: Readonly<Record<string, (autoscaler: Autoscaler) => Autoscaler>> = {
  minReplicas: (autoscaler) => ({ ...autoscaler, minReplicas: 0 }),
  maxReplicas: (autoscaler) => ({ ...autoscaler, maxReplicas: Number.MAX_SAFE_INTEGER }),
  coolDownSeconds: (autoscaler) => ({ ...autoscaler, coolDownSeconds: 0 }),
  maxDisruption: ({ maxDisruption: _, ...rest }) => rest,
  behavior: ({ behavior: _, profile, ...rest }) => ({
    ...rest,
    profile: profile === "worker-autoscaler-v1" ? "worker-autoscaler" : profile,
  }),
  fallback: ({ fallback: _, ...rest }) => rest,
  scaleToZero: ({ scaleToZero: _, ...rest }) => rest,
  schedule: ({ schedule: _, ...rest }) => rest,
  paused: ({ pausedReplicas: _, ...rest }) => ({ ...rest, mode: rest.mode === "Paused" ? "Active" : rest.mode }),
};
