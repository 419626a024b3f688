import type { Autoscaler, ProfileName, Signal } from "./autoscaler.ts";
import { followSchedule, keepWithinBounds, pause, restoreBounds } from "./rules/bounds.ts";
import { coolDown, coolDownScaleDown } from "./rules/cool-down.ts";
import { fallBack } from "./rules/fall-back.ts";
import { confirmFalls, holdInDoubt } from "./rules/hold-in-doubt.ts";
import { limitGrowth, limitRate } from "./rules/limit-rate.ts";
import { protectBusyWorkers } from "./rules/protect-busy-workers.ts";
import type { Rule } from "./rules/rule.ts";
import { scaleToZero } from "./rules/scale-to-zero.ts";
import { limitDisruption, sizeForBacklog } from "./rules/size-for-backlog.ts";
import { letJobsEnd, sizeForJobs } from "./rules/size-for-jobs.ts";
import { recallHighest, stabilize } from "./rules/stabilize.ts";
import { stepOutOfBand } from "./rules/step-out-of-band.ts";
import { takeLargest } from "./rules/take-largest.ts";

/**
 * The whole algorithm of each format, in order. A rule sees the number that the one before it left; being compatible
 * with another system means having another list, never a question inside a rule.
 */
export const PROFILES: Readonly<Record<ProfileName, readonly Rule[]>> = {
  "worker-pod-autoscaler": [
    pause,
    sizeForBacklog,
    limitDisruption,
    keepWithinBounds,
    holdInDoubt,
    coolDownScaleDown,
    protectBusyWorkers,
  ],
  phpa: [restoreBounds, stepOutOfBand, holdInDoubt, fallBack, coolDown, protectBusyWorkers],
  "worker-autoscaler": [
    pause,
    followSchedule,
    takeLargest,
    stabilize,
    limitRate,
    scaleToZero,
    limitDisruption,
    keepWithinBounds,
    holdInDoubt,
    confirmFalls,
    fallBack,
    coolDownScaleDown,
    protectBusyWorkers,
  ],
  "worker-autoscaler-v1": [
    pause,
    followSchedule,
    takeLargest,
    recallHighest,
    limitGrowth,
    scaleToZero,
    limitDisruption,
    keepWithinBounds,
    holdInDoubt,
    confirmFalls,
    fallBack,
    coolDownScaleDown,
    protectBusyWorkers,
  ],
  "worker-autoscaler-jobs": [
    pause,
    followSchedule,
    sizeForJobs,
    limitRate,
    keepWithinBounds,
    holdInDoubt,
    fallBack,
    letJobsEnd,
  ],
};

/** Whether a signal moves the number by steps, of which each of its readings allows one. */
export function isStepping({ profile }: Autoscaler, { rule }: Signal): boolean {
  return rule.kind === "band" || profile === "worker-autoscaler-v1";
}
