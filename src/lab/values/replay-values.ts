import type { Autoscaler, Instant, Signal } from "../../core/index.ts";
import { formatDuration } from "../duration.ts";
import { Recorder, Scalings } from "../recorder.ts";
import { formatInstant, indexAt, type RecordedValues, replicasAt, valueAt } from "../recordings/recorded-series.ts";
import type { Rehearsal } from "../rehearsal.ts";
import type { ScriptedReading } from "../simulated-source.ts";
import type { Traffic } from "../traffic/traffic.ts";
import { type Decided, simulatedSources, VirtualDriver } from "../virtual-driver.ts";
import type { ValueDecision, ValueOutcome } from "./value-outcome.ts";
import { Effect, type EffectTerms, ReplicasOnly, TimeInBand } from "./value-plant.ts";

/** Further scalings are counted and not kept. */
const MOST_SCALED = 5_000;
const HOUR_MS = 3_600_000;

/** One policy and the recorded values of its signals. */
export interface ValueRehearsal {
  /** Its traffic has no messages, only the start and length of the recording. */
  readonly rehearsal: Rehearsal;
  /** By signal; constants and schedules are absent. */
  readonly values: ReadonlyMap<string, RecordedValues>;
  /** Closed loop: the signal whose value the workers change. Left out: open loop. */
  readonly effect?: (EffectTerms & { readonly signal: string; readonly baseline?: number | undefined }) | undefined;
}

/** Plays recorded values against a policy. The same rehearsal gives the same outcome. */
export function replayValues(given: ValueRehearsal, progress?: (share: number) => void): ValueOutcome {
  return new Replay(given).run(progress);
}

class Replay {
  readonly #given: ValueRehearsal;
  readonly #start: Instant;
  readonly #endMs: number;
  readonly #plant: ReplicasOnly;
  readonly #recorder: Recorder;
  readonly #scalings: Scalings;
  readonly #effect: Effect | undefined;
  readonly #band: TimeInBand | undefined;
  readonly #values: Record<string, (number | null)[]> = {};
  readonly #recorded: (number | null)[] = [];
  readonly #scaled: ValueDecision[] = [];
  readonly #initial: number;
  #replicaMs = 0;

  constructor(given: ValueRehearsal) {
    const { autoscaler, traffic } = given.rehearsal;
    this.#given = given;
    this.#start = traffic.start;
    this.#endMs = traffic.durationMs;
    this.#initial = initialReplicas(given);
    this.#effect = this.#effectOf(given);
    this.#plant = new ReplicasOnly(this.#initial, (at, replicas) => this.#effect?.scaled(at, replicas));
    this.#recorder = new Recorder(this.#plant, autoscaler, traffic.start, traffic.durationMs);
    this.#scalings = new Scalings(this.#initial);
    this.#band = TimeInBand.of(autoscaler);
    for (const { name } of autoscaler.signals) this.#values[name] = [];
  }

  run(progress?: (share: number) => void): ValueOutcome {
    const { rehearsal } = this.#given;
    const { autoscaler, looks } = rehearsal;
    const scripted = (signal: Signal) => this.#scripted(signal);
    const sources = simulatedSources({ ...rehearsal, looks: { ...looks, scripted } });
    const driver = new VirtualDriver({
      ...{ autoscaler, looks, sources, plant: this.#plant, start: this.#start, seed: rehearsal.seed, memorySeconds: 0 },
      decided: (decided) => this.#decided(decided),
    });
    this.#letTimePass(driver, progress);
    this.#sample();
    return this.#outcome(driver.decisions, driver.polls);
  }

  #letTimePass(driver: VirtualDriver, progress?: (share: number) => void): void {
    const plant = this.#plant;
    this.#band?.note(this.#valueOf(this.#band.signal, 0));
    for (let turn = 1; ; turn += 1) {
      if (plant.now >= this.#recorder.nextAt) this.#sample();
      if (plant.now >= driver.nextAt) driver.act();
      else if (driver.isWaiting && this.#hasWork()) driver.wake();
      if (plant.now >= this.#endMs) return;
      if (turn % 4_096 === 0) progress?.(plant.now / this.#endMs);
      // Stops at each new value, since one above 0 wakes a workload that waits for work.
      const until = Math.min(driver.nextAt, this.#recorder.nextAt, this.#nextPoint(), this.#endMs);
      this.#replicaMs += plant.replicas * (until - plant.now);
      this.#band?.pass(plant.now, until);
      plant.advance(until);
      this.#band?.note(this.#valueOf(this.#band.signal, until));
    }
  }

  #scripted(signal: Signal): ScriptedReading | undefined {
    if (!this.#given.values.has(signal.name)) return undefined;
    const { lagSeconds, hiddenLagSeconds } = this.#given.rehearsal.looks;
    const behindMs = (lagSeconds + hiddenLagSeconds) * 1000;
    return (now) => {
      const value = this.#valueOf(signal.name, now - this.#start - behindMs);
      if (value === undefined) return { kind: "NotFound", message: "nothing was recorded for this time" };
      return { at: now - lagSeconds * 1000, value };
    };
  }

  /** At a moment in milliseconds from the start. */
  #valueOf(signal: string, at: number): number | undefined {
    const { effect, values } = this.#given;
    if (effect?.signal === signal && this.#effect !== undefined) return this.#effect.valueAt(at);
    const recorded = values.get(signal);
    return recorded === undefined ? undefined : valueAt(recorded, this.#start + at);
  }

  #hasWork(): boolean {
    return [...this.#given.values.keys()].some((signal) => (this.#valueOf(signal, this.#plant.now) ?? 0) > 0);
  }

  #nextPoint(): number {
    const next = [...this.#given.values.values()].map(
      (values) => values.at[indexAt(values, this.#start + this.#plant.now) + 1] ?? Number.POSITIVE_INFINITY,
    );
    return Math.min(...next) - this.#start;
  }

  #decided(decided: Decided): void {
    this.#recorder.note(decided);
    const { at, from, decision, acted } = decided;
    if (!acted) return;
    this.#scalings.scaled(at, from, decision.desiredReplicas);
    if (this.#scaled.length >= MOST_SCALED) return;
    const step = decision.steps.at(-1);
    // A value remembered from before a failure is not of this moment.
    const isKnown = (trust: string) => trust === "ok" || trust === "zero";
    const values = decision.signals.map(
      ({ name, value = null, trust }) => [name, isKnown(trust) ? value : null] as const,
    );
    this.#scaled.push({
      ...{ at: at / 1000, from, to: decision.desiredReplicas, values: Object.fromEntries(values) },
      ...{ rule: step?.rule ?? "none", because: step?.because ?? "" },
    });
  }

  #sample(): void {
    const { now } = this.#plant;
    this.#recorder.sample();
    for (const [signal, column] of Object.entries(this.#values)) column.push(this.#valueOf(signal, now) ?? null);
    this.#recorded.push(recordedReplicas(this.#given, this.#start + now) ?? null);
  }

  #outcome(decisions: number, looks: ValueOutcome["looks"]): ValueOutcome {
    const { up, down, reversals, peak } = this.#scalings;
    const { at, desired, minReplicas, maxReplicas } = this.#recorder.series;
    const hasRecorded = this.#recorded.some((replicas) => replicas !== null);
    return {
      policy: this.#given.rehearsal.policy,
      scalings: { up, down, reversals },
      replicas: {
        initial: this.#initial,
        mean: this.#replicaMs / Math.max(1, this.#endMs),
        ...{ peak, final: this.#plant.replicas },
      },
      replicaHours: this.#replicaMs / HOUR_MS,
      ...{ decisions, looks },
      ...(this.#band === undefined ? {} : { band: this.#band.shares }),
      scaled: this.#scaled,
      scaledDropped: up + down - this.#scaled.length,
      noted: this.#recorder.noted,
      notedDropped: this.#recorder.dropped,
      series: {
        ...{ at, desired, minReplicas, maxReplicas, values: this.#values },
        ...(hasRecorded ? { recorded: this.#recorded } : {}),
      },
    };
  }

  #effectOf(given: ValueRehearsal): Effect | undefined {
    const { effect, values } = given;
    const recorded = effect === undefined ? undefined : values.get(effect.signal);
    if (effect === undefined || recorded === undefined) return undefined;
    return new Effect(effect, this.#initial, {
      replicas: (at) => replicasAt(recorded, this.#start + at) ?? effect.baseline ?? this.#initial,
      value: (at) => valueAt(recorded, this.#start + at),
    });
  }
}

function initialReplicas(given: ValueRehearsal): number {
  const { rehearsal, effect } = given;
  const { autoscaler, traffic } = rehearsal;
  const recorded = recordedReplicas(given, traffic.start) ?? effect?.baseline;
  return rehearsal.initialReplicas ?? recorded ?? leastReplicas(autoscaler);
}

/** By the first recording that has a column of workers. */
function recordedReplicas({ values }: ValueRehearsal, moment: Instant): number | undefined {
  for (const recorded of values.values()) {
    const replicas = replicasAt(recorded, moment);
    if (replicas !== undefined) return replicas;
  }
  return undefined;
}

function leastReplicas({ minReplicas, maxReplicas }: Autoscaler): number {
  return Math.min(minReplicas, maxReplicas);
}

/** A traffic without messages, with the start and length of the recordings. */
export function spanRecordings(recordings: readonly RecordedValues[]): Traffic {
  const start = Math.min(...recordings.map(({ at }) => at[0] ?? Number.POSITIVE_INFINITY));
  const end = Math.max(...recordings.map(({ at, spans }) => (at.at(-1) ?? 0) + (spans.at(-1) ?? 0)));
  const nothing = new Float64Array();
  const about = recordings.map(({ name, at }) => `${name}: ${at.length} values`);
  return {
    name: recordings.map(({ name }) => name).join(", "),
    ...{ kind: "counts", start, durationMs: end - start, at: nothing, counts: nothing, binMs: 60_000 },
    remarks: [
      `${about.join("; ")}, from ${formatInstant(start)} on, for ${formatDuration((end - start) / 1000)}.`,
      ...recordings.flatMap(({ remarks }) => remarks),
    ],
  };
}
