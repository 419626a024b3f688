import { type Fields, fieldsAt, numberAt } from "../objects/fields.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import type { Cluster } from "../rest/call.ts";
import { deleteObject } from "../rest/delete-object.ts";
import { recordEvent } from "./event-recorder.ts";
import { controlledBy, isReady, isStopping, ownedMetadata, storeNew } from "./owned-objects.ts";
import type { WorkloadController } from "./run-workload-controller.ts";

/** Keeps the numbered pods of each StatefulSet; it creates all of them at once. */
export const statefulSets: WorkloadController = {
  resource: "statefulsets.apps",
  kind: "StatefulSet",
  makes: "pods",
  reconcile: (cluster, set) => {
    const wanted = numberAt(set, "spec", "replicas") ?? 0;
    const pods = new Map(controlledBy(cluster, set, "pods").map((pod) => [ordinal(pod), pod]));
    for (let index = 0; index < wanted; index += 1) if (!pods.has(index)) addPod(cluster, set, index);
    for (const [index, pod] of pods) if (index >= wanted && !isStopping(pod)) removePod(cluster, set, pod);
    return statusOf(set, controlledBy(cluster, set, "pods"));
  },
};

const ordinal = (pod: KubeObject): number => Number(pod.metadata.name.split("-").at(-1));

function addPod(cluster: Cluster, set: KubeObject, index: number): void {
  const template = fieldsAt(set, "spec", "template");
  const name = `${set.metadata.name}-${index}`;
  const metadata = ownedMetadata(cluster, set, "StatefulSet", name, template);
  const spec = fieldsAt(template, "spec");
  storeNew(cluster, "pods", { apiVersion: "v1", kind: "Pod", metadata, spec } as unknown as KubeObject);
  const message = `create Pod ${name} in StatefulSet ${set.metadata.name} successful`;
  tell(cluster, set, "SuccessfulCreate", message);
}

function removePod(cluster: Cluster, set: KubeObject, pod: KubeObject): void {
  const type = cluster.registry.get("pods");
  if (type === undefined) return;
  deleteObject(cluster, type, pod);
  const message = `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
  tell(cluster, set, "SuccessfulDelete", message);
}

function tell(cluster: Cluster, set: KubeObject, reason: string, message: string): void {
  recordEvent(cluster, set, "StatefulSet", { reason, message, component: "statefulset-controller" });
}

function statusOf(set: KubeObject, pods: readonly KubeObject[]): Fields {
  const ready = pods.filter(isReady).length;
  return {
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    ...(ready > 0 && { readyReplicas: ready }),
    currentReplicas: pods.length,
    updatedReplicas: pods.length,
    availableReplicas: ready,
  };
}
