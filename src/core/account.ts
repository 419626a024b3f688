import type { Decision } from "./decision.ts";
import type { Instant, SignalState } from "./reading.ts";
import type { WorkersSeen } from "./workers.ts";

/** A condition as Kubernetes has them; the writer adds lastTransitionTime. */
export interface Condition {
  readonly type: "Ready" | "ScalingActive" | "ScalingLimited" | "FallbackActive";
  readonly status: "True" | "False" | "Unknown";
  /** One PascalCase word. */
  readonly reason: string;
  readonly message: string;
  /** When it began, where that is known; the writer's lastTransitionTime. */
  readonly since?: Instant;
}

/** A scaling that was done. */
export interface DoneScaling {
  readonly at: Instant;
  readonly from: number;
  readonly to: number;
  /** What the decision's rules said, as one sentence for people. */
  readonly reason: string;
}

/** What the controller has to say about one autoscaler: status, /status, `why` and metrics all print this record. */
export interface Account {
  readonly at: Instant;
  readonly observedGeneration?: number;
  /** Absent while the workload is unknown or missing. */
  readonly currentReplicas?: number;
  readonly availableReplicas?: number;
  /** The bounds in force; absent where what was written is no autoscaler. */
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  /** The last decision and when it was made; absent before the first one. */
  readonly decision?: Decision;
  readonly decidedAt?: Instant;
  readonly lastScaleAt?: Instant;
  /** The last scaling that this process made; the decision right after it only says that nothing is left to do. */
  readonly lastScaling?: DoneScaling;
  /** By signal name. */
  readonly signals: Readonly<Record<string, SignalState>>;
  /** With busyWorkers: what was last seen of the workers. Absent: not asked yet. */
  readonly workers?: WorkersSeen;
  readonly conditions: readonly Condition[];
  /** What would change the answer, in words. Computed when called. */
  readonly wouldChange?: () => readonly string[];
}

/** Something worth a line in `kubectl describe`: a scaling, or a problem. */
export interface Incident {
  readonly type: "Normal" | "Warning";
  /** One PascalCase word, such as "SuccessfulRescale" or "QueueUnreadable". */
  readonly reason: string;
  readonly message: string;
}
