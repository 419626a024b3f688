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
  /** Readings are that old, and dated so. */
  readonly lagSeconds: number;
  /** Readings are that old, and dated now. */
  readonly hiddenLagSeconds: number;
  /** While every poll fails; seconds from the start. */
  readonly outages: readonly { readonly fromSeconds: number; readonly toSeconds: number }[];
  /** By signal name: what it sees, where that is not the usual. */
  readonly sees: Readonly<Record<string, Quantity>>;
}

/** The same with what depends on the kinds of sources. */
export interface Looks extends LookTerms {
  /** The pace of a kind of source, as the controller has it. */
  readonly pace: (sourceType: string) => Pace;
  /** The value of a signal that has nothing to do with the queue; undefined for all others. */
  readonly fixed: (signal: Signal) => ((now: Instant) => number) | undefined;
  /** What a signal's polls read in place of the simulated queue; undefined for those that read it. */
  readonly scripted?: (signal: Signal) => ScriptedReading | undefined;
}

/** One policy, one traffic, one seed: all that determines a run. */
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
  /** There when it begins; left out: minReplicas. */
  readonly initialReplicas?: number | undefined;
  /** After the last arrival the run goes on until all is done, but not for longer. */
  readonly drainSeconds: number;
  /** Each message by itself, or all in batches; left out: by how many there are. */
  readonly mode?: "exact" | "batch" | undefined;
}

/** An autoscaler as something to compare with others. */
export interface Policy {
  readonly name: string;
  readonly autoscaler: Autoscaler;
  /** Fields that a sweep has set, by their paths. */
  readonly settings?: Settings;
}

/** A dry run would change nothing in a rehearsal: it acts there. */
export function asActive(autoscaler: Autoscaler): Autoscaler {
  return autoscaler.mode === "DryRun" ? { ...autoscaler, mode: "Active" } : autoscaler;
}
