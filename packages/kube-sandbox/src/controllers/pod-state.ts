import { listAt, textAt } from "../objects/fields.ts";
import type { KubeObject } from "../objects/kube-object.ts";

/** Whether a pod's Ready condition holds. */
export function isReady(pod: KubeObject): boolean {
  const conditions = listAt(pod, "status", "conditions");
  const ready = conditions.find((condition) => textAt(condition, "type") === "Ready");
  return textAt(ready, "status") === "True" && !isStopping(pod);
}

/** Whether a pod was asked to stop. */
export function isStopping(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Whether a pod still counts for its controller. */
export function isActive(pod: KubeObject): boolean {
  const phase = textAt(pod, "status", "phase");
  return !isStopping(pod) && phase !== "Succeeded" && phase !== "Failed";
}
