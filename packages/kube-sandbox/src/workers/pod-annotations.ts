import { listAt, textAt } from "../objects/fields.ts";
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
  readonly secondsPerMessage: number;
}

const PREFIX = "sandbox.muster.dev/";

/**
 * Reads `sandbox.muster.dev/start-seconds`, `stop-seconds`, `queue-url` and `seconds-per-message`. Without an annotation
 * the queue is the one in a container's environment variable QUEUE_URL.
 */
export function podSimulation(pod: KubeObject, defaults: PodDefaults): PodSimulation {
  const annotations = pod.metadata.annotations ?? {};
  const seconds = (name: string, fallback: number): number => {
    const value = Number.parseFloat(annotations[PREFIX + name] ?? "");
    return Number.isFinite(value) && value >= 0 ? value : fallback;
  };
  const queueUrl = annotations[`${PREFIX}queue-url`] ?? queueOfEnvironment(pod);
  return {
    startSeconds: seconds("start-seconds", defaults.startSeconds),
    stopSeconds: seconds("stop-seconds", defaults.stopSeconds),
    secondsPerMessage: seconds("seconds-per-message", defaults.secondsPerMessage),
    ...(queueUrl !== undefined && queueUrl !== "" && { queueUrl }),
  };
}

function queueOfEnvironment(pod: KubeObject): string | undefined {
  const variables = listAt(pod, "spec", "containers").flatMap((container) => listAt(container, "env"));
  return variables
    .filter((variable) => textAt(variable, "name") === "QUEUE_URL")
    .map((variable) => textAt(variable, "value"))
    .find((value) => value !== "");
}
