import type { WorkloadReference } from "../core/index.ts";
import type { ScaleWrite } from "../engine/events.ts";
import type { WriteOutcome } from "../engine/scaler.ts";
import { KubernetesError, type Workloads } from "../kubernetes/ports.ts";
import { runWithin } from "../shared/async.ts";
import type { Clock } from "./clock.ts";

const WRITE_TIMEOUT_MILLISECONDS = 30_000;

export interface WriteTerms {
  readonly clock: Clock;
  readonly workloads: Workloads;
  /** Ends the write; whether it took effect is then unknown. */
  readonly calledOff: AbortSignal;
  /** Asked before anything is written; false calls the write off. */
  readonly confirm: (signal: AbortSignal) => Promise<boolean>;
}

/** Writes the scale of one workload, within 30 s. Never rejects. */
export async function writeScale(
  target: WorkloadReference,
  change: ScaleWrite["change"],
  { clock, workloads, calledOff, confirm }: WriteTerms,
): Promise<WriteOutcome> {
  const late = `expected an answer within ${WRITE_TIMEOUT_MILLISECONDS / 1000} s, got none`;
  const limit = {
    milliseconds: WRITE_TIMEOUT_MILLISECONDS,
    signal: calledOff,
    timers: clock,
    reason: (isExpired: boolean) => new KubernetesError("TimedOut", isExpired ? late : "called off"),
  };
  try {
    return await runWithin(limit, async (signal) => {
      const isCurrent = await confirm(signal);
      if (!isCurrent || signal.aborted) return "called-off";
      await workloads.scale(target, change, signal);
      return "ok";
    });
  } catch (error) {
    if (calledOff.aborted) return "called-off";
    if (error instanceof KubernetesError) return error;
    return { kind: "Unavailable", message: `writing the scale failed unexpectedly: ${String(error)}` };
  }
}
