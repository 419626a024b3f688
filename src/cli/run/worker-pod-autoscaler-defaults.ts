import {
  WORKER_POD_AUTOSCALER_DEFAULTS,
  type WorkerPodAutoscalerDefaults,
} from "../../formats/worker-pod-autoscaler.ts";
import type { RunFlags } from "./run-flags.ts";

/** A reading stays fresh for so many of its polls, as in the defaults. */
const FRESH_POLLS = 6;

/** What the flags say for all WorkerPodAutoScalers. `isSet`: the user gave the flag, or its environment variable. */
export function workerPodAutoscalerDefaults(
  flags: RunFlags,
  isSet: (flag: keyof RunFlags) => boolean,
): WorkerPodAutoscalerDefaults {
  const pollIntervalSeconds = {
    ...(isSet("sqsShortPollInterval") && { sqs: flags.sqsShortPollInterval }),
    ...(isSet("beanstalkShortPollInterval") && { beanstalkd: flags.beanstalkShortPollInterval }),
  };
  const slowest = Math.max(0, ...Object.values(pollIntervalSeconds));
  return {
    scaleDownDelaySeconds: flags.scaleDownDelayAfterLastScaleActivity,
    defaultMaxDisruption: flags.wpaDefaultMaxDisruption,
    freshnessSeconds: Math.max(WORKER_POD_AUTOSCALER_DEFAULTS.freshnessSeconds, slowest * FRESH_POLLS),
    sourceSettings: {
      sqs: { longPollSeconds: flags.sqsLongPollInterval, wake: flags.sqsWake },
      beanstalkd: { wake: flags.beanstalkWake },
    },
    pollIntervalSeconds,
  };
}
