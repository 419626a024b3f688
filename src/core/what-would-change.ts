import type { Autoscaler, Signal } from "./autoscaler.ts";
import { decide as coreDecide } from "./decide.ts";
import type { Decision, Situation } from "./decision.ts";
import { countedPerMinute, scaleArrivals } from "./drain/scale-arrivals.ts";
import { judge } from "./judge.ts";
import type { Instant, Reading, SignalState } from "./reading.ts";

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
  /** When time alone changes the answer, while the signals stay as they are. Absent: it does not. */
  readonly later?: LaterAnswer;
  readonly signals: readonly SignalChange[];
  /** Signals that cannot be believed now, and the answer if another poll read the same. */
  readonly readAgain: readonly { readonly name: string; readonly desiredReplicas: number }[];
  /** Limits of the autoscaler without which the answer would be another one, by their field. */
  readonly without: readonly { readonly limit: string; readonly desiredReplicas: number }[];
}

/** Asks `decide` again in situations that differ from this one in a single thing. */
export function whatWouldChange(situation: Situation, decide: typeof coreDecide = coreDecide): WhatWouldChange {
  const { autoscaler, now, signals: states } = situation;
  if (autoscaler.busyWorkers !== undefined && situation.workers === undefined) {
    // Nobody has asked yet who is busy: what the signals ask for is what there is to say.
    return whatWouldChange({ ...situation, autoscaler: withoutBusyWorkers(autoscaler) }, decide);
  }
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
    const isCounted = of === "arrivalsPerMinute" && signal.rule.kind === "drain";
    const now = isCounted ? countedPerMinute(situation.memory, signal.name) : reading[of];
    if (now === undefined) return [];
    // As if two polls had read that: a fall needs no confirmation.
    const at = (number: number) => {
      if (isCounted)
        return decide({ ...situation, memory: scaleArrivals(situation.memory, signal.name, number / now) });
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
  // Arrivals that no rule uses are left out.
  return numbers.filter(({ of, rise, fall }) => of === "value" || "by" in rise || "by" in fall);
}

/** Changes the messages that wait; those in flight change when none waits any more. */
function changedReading(
  reading: Reading,
  of: SignalChange["of"],
  number: number,
  { rule }: Signal,
  now: Instant,
): Reading {
  const changed = { ...reading, at: now, [of]: number };
  if (of !== "value" || !("concurrency" in rule) || rule.concurrency === undefined) return changed;
  const inFlight = Math.min(number, reading.inFlight ?? 0);
  const waiting = number - inFlight;
  if (rule.kind !== "drain") return reading.inFlight === undefined ? changed : { ...changed, waiting, inFlight };
  // With its own time, so that the drain rule learns nothing from an invented reading.
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
  busyWorkers: withoutBusyWorkers,
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
  forecast: ({ signals, ...rest }) => ({ ...rest, signals: signals.map(withoutForecast) }),
  schedule: ({ schedule: _, ...rest }) => rest,
  paused: ({ pausedReplicas: _, ...rest }) => ({ ...rest, mode: rest.mode === "Paused" ? "Active" : rest.mode }),
};

function withoutForecast(signal: Signal): Signal {
  const { rule } = signal;
  return rule.kind === "drain" && rule.forecast === "Raise"
    ? { ...signal, rule: { ...rule, forecast: "Off" } }
    : signal;
}

/** The first different answer that time alone leads to. */
export interface LaterAnswer {
  readonly at: Instant;
  /** 0: the next poll, if it reads the same. */
  readonly afterSeconds: number;
  readonly desiredReplicas: number;
}

/** Holds, windows and periods end one after the other: the most ends that are tried. */
const MOST_ENDS = 200;
/** What a week does not change is not worth waiting for. */
const HORIZON_MS = 7 * 24 * 3600 * 1000;

/** Lets time pass from one end of a hold to the next, while every poll reads what the last one read. */
export function laterAnswer(situation: Situation, desired: number, decide: typeof coreDecide): LaterAnswer | undefined {
  const { now } = situation;
  let last: Decision | undefined;
  let at = now;
  for (let ends = 0; ends < MOST_ENDS && at - now <= HORIZON_MS; ends++) {
    // Polls until then keep asking for the same: a stabilization window remembers the last of them.
    if (last !== undefined) last = decide(lookedAgain(situation, at - 1, last));
    last = decide(lookedAgain(situation, at, last));
    const { desiredReplicas, reconsiderAt } = last;
    if (desiredReplicas !== desired) {
      return { at, afterSeconds: Math.round((at - now) / 1000), desiredReplicas };
    }
    if (reconsiderAt === undefined) return undefined;
    at = Math.max(reconsiderAt, at + 1);
  }
  return undefined;
}

/** Counters that stand still would say that nothing comes any more: without them, what was learned of rates stays. */
function again({ arrived: _, completed: __, completions: ___, ...reading }: Reading, at: Instant): Reading {
  return { ...reading, at };
}

/** The situation at a later moment, when every signal that can be believed was just read again and said the same. */
function lookedAgain(situation: Situation, at: Instant, last: Decision | undefined): Situation {
  const signals: Record<string, SignalState> = {};
  for (const signal of situation.autoscaler.signals) {
    const state = situation.signals[signal.name];
    if (state === undefined) continue;
    const { reading, doubt } = judge(signal, state, situation.now);
    signals[signal.name] = reading === undefined || doubt !== undefined ? state : { reading: again(reading, at) };
  }
  return {
    ...situation,
    autoscaler: {
      ...situation.autoscaler,
      // What is read again and again does not age; what could not be believed stays so.
      signals: situation.autoscaler.signals.map((signal) =>
        judge(signal, situation.signals[signal.name], situation.now).doubt === undefined
          ? { ...signal, freshnessSeconds: Number.POSITIVE_INFINITY }
          : signal,
      ),
    },
    signals,
    memory: last?.memory ?? situation.memory,
    now: at,
  };
}

/** The least change of a number that leads to another answer. */
export interface Change {
  readonly by: number;
  readonly to: number;
  readonly desiredReplicas: number;
}

/** No change of the number leads to another answer: the last word of the rules on the farthest one. */
export interface Unchanged {
  readonly because: string;
  /** The farthest number that was asked about; absent where there is none that far. */
  readonly at?: number;
}

/** What is searched along. */
export interface Search {
  readonly now: number;
  /** The answer that has to change. */
  readonly desired: number;
  /** What is decided at a number. */
  readonly at: (number: number) => Decision;
  /** Numbers are searched in steps of this. */
  readonly unit: number;
  /** The least number. */
  readonly least: number;
  /** The greatest number. */
  readonly most: number;
  readonly way: 1 | -1;
}

/** So many steps are asked one by one. */
const NEAR = 32;

/**
 * Tries single steps near the number, then doubles the distance until the answer differs, and bisects.
 * Where the answer goes back and forth far away, the change that it finds may not be the least one.
 */
export function smallestChange({ now, desired, at, unit, least, most: highest, way }: Search): Change | Unchanged {
  // Rounded, so that sums of small fractions look as a person would write them.
  const number = (steps: number) => Number((now + way * steps * unit).toPrecision(12));
  const room = Math.max(0, way > 0 ? highest - now : now - least);
  const most = Math.floor(Math.min(room / unit, Number.MAX_SAFE_INTEGER / 2));
  const differs = (steps: number) => at(number(steps)).desiredReplicas !== desired;
  let same = 0;
  let other = 1;
  while (other < most && !differs(other)) {
    same = other;
    other += other < NEAR ? 1 : other;
  }
  other = Math.min(other, most);
  const last = other > 0 ? at(number(other)) : undefined;
  if (last === undefined) return { because: `it is ${now}, and cannot be less` };
  if (last.desiredReplicas === desired) {
    return { because: last.limited?.message ?? last.steps.at(-1)?.because ?? "", at: number(other) };
  }
  while (other - same > 1) {
    const middle = same + Math.floor((other - same) / 2);
    if (differs(middle)) other = middle;
    else same = middle;
  }
  const to = number(other);
  return { by: Number((to - now).toPrecision(12)), to, desiredReplicas: at(to).desiredReplicas };
}

function withoutBusyWorkers({ busyWorkers: _, ...autoscaler }: Autoscaler): Autoscaler {
  return autoscaler;
}
