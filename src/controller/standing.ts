import type { Autoscaler, Decision, DoneScaling, Problem, SignalState } from "../core/index.ts";
import type { WriteFailure } from "../engine/scaler.ts";
import type { KubernetesErrorKind, WorkloadState } from "../kubernetes/ports.ts";

/** Everything about one autoscaler that its conditions speak of. */
export interface Standing {
  /** Undefined: what was written is not an autoscaler, and `problems` say why. */
  readonly autoscaler: Autoscaler | undefined;
  readonly problems: readonly Problem[];
  readonly workload: WorkloadState;
  /** The elder autoscaler that scales the workload instead. */
  readonly refusedFor: Autoscaler | undefined;
  /** Younger autoscalers that would scale the workload too and are refused. */
  readonly refused: readonly Autoscaler[];
  readonly signals: Readonly<Record<string, SignalState>>;
  readonly decision: Decision | undefined;
  /** Why the last scale write did not happen. */
  readonly writeFailure: WriteFailure<KubernetesErrorKind> | undefined;
  readonly lastScaling: DoneScaling | undefined;
  /** What went wrong in the controller itself, in the last pass over this object. */
  readonly internalError: string | undefined;
  /** The whole process only says what it would do. */
  readonly dryRun: boolean;
}
