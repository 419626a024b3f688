import type { Alike, Condition, decide, Instant, Origin } from "../core/index.ts";
import type { Reporter, Workloads } from "../kubernetes/ports.ts";
import type { Claims } from "./claims.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import type { Observations } from "./observations.ts";
import type { Recorder } from "./recorder.ts";
import type { Telemetry } from "./telemetry.ts";

/** What a reconciler needs of the controller around it. */
export interface ReconcilerPorts {
  readonly clock: Clock;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly workloads: Workloads;
  /** Whether what is known of the autoscaler is current; after an interrupted watch it is read again. May reject. */
  readonly confirm: (origin: Origin, signal: AbortSignal) => Promise<boolean>;
  readonly reporter: Reporter;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly decide: typeof decide;
  /** The same, of which nobody hears: for what would be. */
  readonly ask: typeof decide;
  readonly recorder: Recorder;
  /** What thousands say alike. */
  readonly conditions: Alike<readonly Condition[]>;
  readonly dryRun: boolean;
  readonly observations: Observations;
  readonly claims: Claims;
  /**
   * False once the process is asked to stop (what is under way is finished, nothing new begins) and while the lease does
   * not allow a write; all objects get a pass when it does again.
   */
  readonly mayWrite: () => boolean;
  /** Monotonic milliseconds of the end of the last time that the process did not run; -Infinity: there was none. */
  readonly gapEndedAt: () => number;
  /** Keeps the controller from ending while a write is under way. */
  readonly writing: (write: Promise<void>) => void;
}
