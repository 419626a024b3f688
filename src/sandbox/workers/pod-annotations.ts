import type { KubeObject } from "../objects/kube-object.ts";

/** What a pod's annotations say about how it is simulated. */
export interface PodSimulation {
  readonly startSeconds: number;
  readonly stopSeconds: number;
  /** The queue that it consumes; absent where it only runs. */
  readonly queueUrl?: string;
  readonly secondsPerMessage: number;
}

/** How pods without annotations of their own are simulated. */
export interface PodDefaults {
  readonly startSeconds: number;
  readonly stopSeconds: number;
}

const PREFIX = "sandbox.muster.dev/";

/** Reads `sandbox.muster.dev/start-seconds`, `stop-seconds`, `queue-url` and `seconds-per-message`. */
export function podSimulation(pod: KubeObject, defaults: PodDefaults): PodSimulation {
  const annotations = pod.metadata.annotations ?? {};
  const seconds = (name: string, fallback: number): number => {
    const value = Number.parseFloat(annotations[PREFIX + name] ?? "");
    return Number.isFinite(value) && value >= 0 ? value : fallback;
  };
  const queueUrl = annotations[`${PREFIX}queue-url`];
  return {
    startSeconds: seconds("start-seconds", defaults.startSeconds),
    stopSeconds: seconds("stop-seconds", defaults.stopSeconds),
    secondsPerMessage: seconds("seconds-per-message", 1),
    ...(queueUrl !== undefined && queueUrl !== "" && { queueUrl }),
  };
}
