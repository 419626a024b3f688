import type { Autoscaler, Instant, Pace, Signal } from "../core/index.ts";
import type { ServiceTime } from "./chance/service-time.ts";
import type { Quantity } from "./live/quantity.ts";
import type { Told } from "./live/signal-eye.ts";
import type { Workers } from "./plant/plant.ts";
import type { Traffic } from "./traffic/traffic.ts";

/** How the sources of a rehearsal behave. */
export interface Looks {
  /** The pace of a kind of source, as the controller has it. */
  readonly pace: (sourceType: string) => Pace;
  /** Looks come at this interval instead. */
  readonly intervalSeconds?: number;
  /** Readings speak of so long ago, and say so. */
  readonly lagSeconds: number;
  /** Readings speak of so long ago, and are dated now. */
  readonly hiddenLagSeconds: number;
  /** While every look fails; seconds from the start. */
  readonly outages: readonly { readonly fromSeconds: number; readonly toSeconds: number }[];
  /** By signal name: what it sees, where that is not the usual. */
  readonly sees: Readonly<Record<string, Quantity>>;
  /** The value of a signal that has nothing to do with the queue; undefined for all others. */
  readonly fixed: (signal: Signal) => ((now: Instant) => number) | undefined;
  /** What a signal's looks are told instead of what there is to see; undefined for those that see. */
  readonly told?: (signal: Signal) => Told | undefined;
}

/** One policy, one traffic, one seed: all that determines a run. */
export interface Rehearsal {
  readonly policy: string;
  readonly autoscaler: Autoscaler;
  readonly traffic: Traffic;
  readonly workers: Workers;
  readonly service: ServiceTime;
  readonly looks: Looks;
  readonly seed: number;
  readonly objectiveSeconds?: number;
  /** There when it begins; left out: minReplicas. */
  readonly initialReplicas?: number;
  /** After the last arrival the run goes on until all is done, but not for longer. */
  readonly drainSeconds: number;
  /** Each message by itself, or all in batches; left out: by how many there are. */
  readonly mode?: "exact" | "batch";
}
