import type { Autoscaler, decide, Origin, WorkersSeen } from "../core/index.ts";
import type { ScaleWrite } from "../engine/events.ts";
import type { WriteOutcome } from "../engine/scaler.ts";
import type { Reporter, Workloads, WritePermit } from "../kubernetes/ports.ts";
import type { SourceTools, SourceType } from "../sources/shared/source.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import type { Recorder, Telemetry } from "./telemetry.ts";

/** The workers of workloads: who is busy, and how a scale-down takes the pods that are idle. */
export interface Workers {
  /** Never rejects. */
  survey(autoscaler: Autoscaler, signal: AbortSignal): Promise<WorkersSeen>;
  /**
   * Makes Kubernetes stop the pods that leave, and lets `write` write the scale then, unless called off before. `ending`:
   * the process acts no longer; a write that has begun goes on.
   */
  release(
    autoscaler: Autoscaler,
    change: ScaleWrite["change"] & { readonly leaving: readonly string[] },
    write: (change: ScaleWrite["change"]) => Promise<WriteOutcome>,
    signals: { readonly calledOff: AbortSignal; readonly ending: AbortSignal },
  ): Promise<WriteOutcome>;
  /** Removes what an earlier process left on the workload's pods. */
  tidy(autoscaler: Autoscaler, signal: AbortSignal): Promise<void>;
  /** Removes what is left on pods of workloads for which none of these asks any longer. */
  tidyAbandoned(autoscalers: () => readonly Autoscaler[], signal: AbortSignal): Promise<void>;
  /** Resolves when nothing is being removed from pods. */
  tidied(): Promise<void>;
  /** What the newest survey saw. */
  seen(id: string): WorkersSeen | undefined;
  /** The autoscaler is gone. */
  forget(id: string): void;
}

export interface ControllerOptions {
  readonly sourceType: (type: string) => SourceType | undefined;
  /** What sources are handed; `mayTouch` false keeps every one of them from touching its queue. */
  readonly tools: SourceTools;
  readonly workloads: Workloads;
  /** Whether what is known of an autoscaler is current: asked before each scaling. May reject. Default: it is. */
  readonly confirm?: (origin: Origin, signal: AbortSignal) => Promise<boolean>;
  /** Finds out who is busy. Absent: this process cannot see pods. */
  readonly workers?: Workers;
  readonly reporter: Reporter;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Decide and report, never scale. */
  readonly dryRun?: boolean;
  /** Polls under way at once for each type of source. Default: 256. */
  readonly pollsInFlight?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly decide?: typeof decide;
  /** Hears of every decision. Default: none does. */
  readonly recorder?: Recorder;
  /** Asked before each write. Default: always. */
  readonly permit?: WritePermit;
  /** Monotonic milliseconds of the end of the last time that the process did not run. Default: there was none. */
  readonly gapEndedAt?: () => number;
}
