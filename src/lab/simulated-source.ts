import type { Completions, Instant, Mutable, Reading, ReadingFailure, Signal, SignalRule } from "../core/index.ts";
import type { PlantSnapshot, PlantSnapshots, Window } from "./plant-snapshots.ts";

/** What a poll reads at a moment in place of the simulated queue, or why it fails. */
export type ScriptedReading = (now: Instant) => Omit<Reading, "at"> | ReadingFailure;

/** What a kind of source reports beside its value, and how late. */
export interface SourceTraits {
  /** Wakes at once when the first message comes to an empty queue. */
  readonly waits?: true;
  /** Messages waiting and in flight apart. */
  readonly counts?: true;
  /** Counters of what came and what was finished: always, or with the setting of that name. */
  readonly flow?: true | string;
  readonly arrivals?: Window;
  /** Messages finished in each minute of that time. */
  readonly completions?: Window;
  /** count: how many workers wait for work. allOrNone: whether anything was taken in that time. */
  readonly idle?: "count" | Window;
}

const MINUTE = 60_000;
const LAST_MINUTE: Window = { windowSeconds: 60, delaySeconds: 0 };

/** As the sources in src/sources read them. One that is not here reports its value and nothing else. */
const TRAITS: Readonly<Record<string, SourceTraits>> = {
  // CloudWatch's sums: five minutes that end five minutes ago, ten that end ten minutes ago.
  sqs: {
    waits: true,
    counts: true,
    arrivals: { windowSeconds: 300, delaySeconds: 300 },
    idle: { windowSeconds: 600, delaySeconds: 600 },
    completions: { windowSeconds: 300, delaySeconds: 300 },
  },
  beanstalkd: { waits: true, counts: true, flow: true, idle: "count" },
  redis: { waits: true, flow: "group" },
  rabbitmq: { counts: true, flow: "managementUrl", arrivals: LAST_MINUTE },
  kafka: { flow: true },
  "nats-jetstream": { counts: true },
};

/** What a signal's source reports of the simulated queue. As live: a source that has no use for arrivals asks for none. */
export function traitsOf(signal: Signal, secondsPerMessage = 0): SourceTraits {
  const { arrivals, completions, flow, ...others } = TRAITS[signal.source.type] ?? {};
  const isRateUsed = secondsPerMessage > 0 || signal.rule.kind === "throughput";
  const isCounted = typeof flow === "string" ? signal.source.settings[flow] !== undefined : flow === true;
  return {
    ...(arrivals !== undefined && isRateUsed ? { arrivals } : {}),
    ...(signal.rule.kind === "drain" && isCounted ? { flow: true as const } : {}),
    ...(signal.rule.kind === "drain" && completions !== undefined ? { completions } : {}),
    ...others,
  };
}

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

/** What a signal's value is where nothing else is set. */
export function usualQuantity(rule: SignalRule, traits: SourceTraits): Quantity {
  if (rule.kind === "band" && rule.direction === "HighIsIdle") return "idlePercent";
  if (rule.kind === "throughput" && traits.arrivals === undefined) return "arrivalsPerMinute";
  return "unfinished";
}

function seenValue(quantity: Quantity, snapshot: PlantSnapshot, past: PlantSnapshots): number {
  const { waiting, inFlight, ready, busy, oldestSeconds } = snapshot;
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
      return past.perMinute("arrived", snapshot.at, LAST_MINUTE);
    case "idleWorkers":
      return ready - busy;
    case "idlePercent":
      return ready === 0 ? 100 : (100 * (ready - busy)) / ready;
    case "busyPercent":
      return ready === 0 ? 0 : (100 * busy) / ready;
  }
}

export interface SimulatedSourceTerms {
  readonly quantity: Quantity;
  readonly traits: SourceTraits;
  /** A value that has nothing to do with the queue, such as a constant. */
  readonly fixed?: ((now: Instant) => number) | undefined;
  /** A recording, or a script. */
  readonly scripted?: ScriptedReading | undefined;
  /** How old readings are: they are dated so, or not. */
  readonly lagSeconds: number;
  readonly hiddenLagSeconds: number;
  /** While polls fail; milliseconds from the start. */
  readonly outages: readonly { readonly from: number; readonly to: number }[];
  readonly start: Instant;
}

export type SimulatedAnswer = { readonly reading: Reading } | { readonly failure: ReadingFailure };

const OUTAGE: SimulatedAnswer = { failure: { kind: "Unavailable", message: "an outage of the rehearsal" } };

/** The source of one signal, which sees the simulated queue and its workers. Times in milliseconds from the start. */
export class SimulatedSource {
  readonly canWait: boolean;
  readonly #terms: SimulatedSourceTerms;
  #busyAt = Number.NEGATIVE_INFINITY;
  #completions: readonly Completions[] = [];
  /** The minute in which they were read: the source too asks once a minute. */
  #completionsAt = Number.NEGATIVE_INFINITY;

  constructor(terms: SimulatedSourceTerms) {
    this.#terms = terms;
    this.canWait = terms.traits.waits === true && terms.lagSeconds + terms.hiddenLagSeconds === 0;
  }

  read(now: number, past: PlantSnapshots): SimulatedAnswer {
    const { outages, scripted, start } = this.#terms;
    const said = scripted?.(start + now);
    if (outages.length > 0 && outages.some(({ from, to }) => now >= from && now < to)) return OUTAGE;
    if (said !== undefined && "kind" in said) return { failure: said };
    const reading = said === undefined ? this.#reading(now, past) : { at: start + now, ...said };
    if (reading.value > 0) this.#busyAt = now;
    return { reading };
  }

  /** As SqsQueue does: when a wait ends for one more poll, for completions that were not known when the workload fell asleep. */
  lastPollAt(polledAt: number): number {
    const { completions } = this.#terms.traits;
    if (completions === undefined) return Number.POSITIVE_INFINITY;
    const knownAt = this.#busyAt + completions.delaySeconds * 1000 + MINUTE;
    return polledAt < knownAt ? knownAt : Number.POSITIVE_INFINITY;
  }

  #reading(now: number, past: PlantSnapshots): Reading {
    const { lagSeconds, hiddenLagSeconds, start, fixed, quantity, traits } = this.#terms;
    const at = start + now - lagSeconds * 1000;
    if (fixed !== undefined) return { at, value: fixed(start + now) };
    const moment = now - (lagSeconds + hiddenLagSeconds) * 1000;
    const snapshot = past.asOf(moment);
    const value = seenValue(quantity, snapshot, past);
    if (quantity !== "unfinished" && quantity !== "waiting") return { at, value };
    const { waiting, inFlight } = snapshot;
    const reading: Mutable<Reading> = traits.counts ? { at, value, waiting, inFlight } : { at, value };
    if (traits.flow) {
      reading.arrived = Math.floor(snapshot.arrived);
      reading.completed = Math.floor(snapshot.served);
    }
    if (traits.arrivals !== undefined) reading.arrivalsPerMinute = past.perMinute("arrived", moment, traits.arrivals);
    if (traits.completions !== undefined) reading.completions = this.#finished(moment, past, traits.completions);
    if (traits.idle === "count") reading.idleWorkers = snapshot.ready - snapshot.busy;
    // CloudWatch is not asked about a queue with messages in it.
    else if (traits.idle !== undefined && value === 0) {
      reading.idleWorkers = past.perMinute("taken", moment, traits.idle) === 0 ? "all" : 0;
    }
    return reading;
  }

  /** Messages finished in each minute of the clock in that stretch of the past. */
  #finished(moment: number, past: PlantSnapshots, { windowSeconds, delaySeconds }: Window): readonly Completions[] {
    const { start } = this.#terms;
    const asked = Math.floor((start + moment) / MINUTE) * MINUTE;
    if (asked === this.#completionsAt) return this.#completions;
    const end = asked - delaySeconds * 1000;
    const first = Math.max(Math.ceil(start / MINUTE) * MINUTE, end - windowSeconds * 1000);
    const minutes: Completions[] = [];
    let before: number | undefined;
    for (let from = first; from < end; from += MINUTE) {
      const known = before === undefined ? this.#completions.find((one) => one.from === from) : undefined;
      if (known !== undefined) {
        minutes.push(known);
        continue;
      }
      before ??= Math.floor(past.countAt("served", from - start));
      const after = Math.floor(past.countAt("served", from + MINUTE - start));
      minutes.push({ from, until: from + MINUTE, messages: after - before });
      before = after;
    }
    this.#completionsAt = asked;
    this.#completions = minutes;
    return minutes;
  }
}
