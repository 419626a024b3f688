import type { Autoscaler, Instant, Pace, Signal } from "../core/index.ts";
import type { Workers } from "./plant/plant.ts";
import type { ServiceTime } from "./random.ts";
import type { Quantity, ScriptedReading } from "./simulated-source.ts";
import type { Settings } from "./sweep/field-values.ts";
import type { Traffic } from "./traffic/traffic.ts";

/** How the sources of a rehearsal behave, as plain values. */
export interface LookTerms {
  /** Polls come at this interval instead. */
  readonly intervalSeconds?: number | undefined;
  /** Readings are this old, and dated so. */
  readonly lagSeconds: number;
  /** Readings are this old, but dated now. */
  readonly hiddenLagSeconds: number;
  /** When every poll fails; seconds from the start. */
  readonly outages: readonly { readonly fromSeconds: number; readonly toSeconds: number }[];
  /** By signal name: the quantity that it reads, if not the usual one. */
  readonly sees: Readonly<Record<string, Quantity>>;
}

/** The same with what depends on the kinds of sources. */
export interface Looks extends LookTerms {
  /** The pace of a kind of source, as the controller has it. */
  readonly pace: (sourceType: string) => Pace;
  /** The value of a signal that reads no queue; undefined for all others. */
  readonly fixed: (signal: Signal) => ((now: Instant) => number) | undefined;
  /** What a signal's polls read in place of the simulated queue; undefined for those that read it. */
  readonly scripted?: (signal: Signal) => ScriptedReading | undefined;
}

/** One policy, one traffic, one seed: everything that determines a run. */
export interface Rehearsal extends Omit<Stage, "looks"> {
  readonly policy: string;
  readonly autoscaler: Autoscaler;
  readonly looks: Looks;
}

/** What all runs of a comparison have in common. Plain values only: threads receive it. */
export interface Stage {
  readonly traffic: Traffic;
  readonly workers: Workers;
  readonly service: ServiceTime;
  readonly looks: LookTerms;
  readonly seed: number;
  readonly objectiveSeconds?: number | undefined;
  /** The worker time that stopping a worker with messages costs, beside the time that it uses; 0: nothing. */
  readonly interruptionSeconds?: number | undefined;
  /** At the start; left out: minReplicas. */
  readonly initialReplicas?: number | undefined;
  /** How long a run goes on after the last arrival, if messages are left. */
  readonly drainSeconds: number;
  /** Single messages, or their mean flow; left out: by the number of messages. */
  readonly mode?: "exact" | "batch" | undefined;
}

/** An autoscaler to compare with others. */
export interface Policy {
  readonly name: string;
  readonly autoscaler: Autoscaler;
  /** Fields that a sweep has set, by their paths. */
  readonly settings?: Settings;
}

/** Makes a dry run act: in a rehearsal it would change nothing. */
export function asActive(autoscaler: Autoscaler): Autoscaler {
  return autoscaler.mode === "DryRun" ? { ...autoscaler, mode: "Active" } : autoscaler;
}
