import { type Fields, fieldsAt, type KubeObject, numberAt, randomSuffix, textAt } from "../objects.ts";
import type { Cluster } from "../rest/call.ts";
import { deleteObject } from "../rest/delete-object.ts";
import {
  controlledBy,
  isActive,
  isReady,
  isStopping,
  ownedMetadata,
  recordEvent,
  storeNew,
  type WorkloadController,
} from "./workload-controller.ts";

/** Keeps the number of pods that each ReplicaSet asks for. */
export const replicaSets: WorkloadController = {
  resource: "replicasets.apps",
  kind: "ReplicaSet",
  makes: "pods",
  reconcile: (cluster, set) => {
    const wanted = numberAt(set, "spec", "replicas") ?? 0;
    const before = controlledBy(cluster, set, "pods").filter(isActive);
    for (let count = before.length; count < wanted; count += 1) addPod(cluster, set);
    for (const pod of firstToGo(before).slice(0, Math.max(0, before.length - wanted))) removePod(cluster, set, pod);
    return statusOf(set, controlledBy(cluster, set, "pods").filter(isActive));
  },
};

function addPod(cluster: Cluster, set: KubeObject): void {
  const template = fieldsAt(set, "spec", "template");
  const name = `${set.metadata.name}-${randomSuffix()}`;
  const metadata = ownedMetadata(cluster, set, "ReplicaSet", name, template);
  const spec = fieldsAt(template, "spec");
  const pod = storeNew(cluster, "pods", { apiVersion: "v1", kind: "Pod", metadata, spec } as unknown as KubeObject);
  recordEvent(cluster, set, "ReplicaSet", {
    reason: "SuccessfulCreate",
    message: `Created pod: ${pod.metadata.name}`,
    component: "replicaset-controller",
  });
}

function removePod(cluster: Cluster, set: KubeObject, pod: KubeObject): void {
  const type = cluster.registry.get("pods");
  if (type !== undefined) deleteObject(cluster, type, pod);
  recordEvent(cluster, set, "ReplicaSet", {
    reason: "SuccessfulDelete",
    message: `Deleted pod: ${pod.metadata.name}`,
    component: "replicaset-controller",
  });
}

/** Kubernetes' order of removal: pods without a node, then pending ones, then those not ready, then the youngest. */
function firstToGo(pods: readonly KubeObject[]): readonly KubeObject[] {
  const rank = (pod: KubeObject): number => {
    if (textAt(pod, "spec", "nodeName") === "") return 0;
    if (textAt(pod, "status", "phase") === "Pending") return 1;
    return isReady(pod) ? 3 : 2;
  };
  const made = (pod: KubeObject): string => pod.metadata.creationTimestamp;
  return [...pods].sort((left, right) => rank(left) - rank(right) || (made(left) < made(right) ? 1 : -1));
}

function statusOf(set: KubeObject, pods: readonly KubeObject[]): Fields {
  const ready = pods.filter(isReady).length;
  return {
    replicas: pods.length,
    ...(pods.length > 0 && { fullyLabeledReplicas: pods.length }),
    ...(ready > 0 && { readyReplicas: ready, availableReplicas: ready }),
    observedGeneration: set.metadata.generation,
  };
}

/** Keeps the numbered pods of each StatefulSet; it creates all of them at once. */
export const statefulSets: WorkloadController = {
  resource: "statefulsets.apps",
  kind: "StatefulSet",
  makes: "pods",
  reconcile: (cluster, set) => {
    const wanted = numberAt(set, "spec", "replicas") ?? 0;
    const pods = new Map(controlledBy(cluster, set, "pods").map((pod) => [ordinal(pod), pod]));
    for (let index = 0; index < wanted; index += 1) if (!pods.has(index)) addNumberedPod(cluster, set, index);
    for (const [index, pod] of pods) if (index >= wanted && !isStopping(pod)) removeNumberedPod(cluster, set, pod);
    return statefulSetStatus(set, controlledBy(cluster, set, "pods"));
  },
};

const ordinal = (pod: KubeObject): number => Number(pod.metadata.name.split("-").at(-1));

function addNumberedPod(cluster: Cluster, set: KubeObject, index: number): void {
  const template = fieldsAt(set, "spec", "template");
  const name = `${set.metadata.name}-${index}`;
  const metadata = ownedMetadata(cluster, set, "StatefulSet", name, template);
  const spec = fieldsAt(template, "spec");
  storeNew(cluster, "pods", { apiVersion: "v1", kind: "Pod", metadata, spec } as unknown as KubeObject);
  const message = `create Pod ${name} in StatefulSet ${set.metadata.name} successful`;
  tell(cluster, set, "SuccessfulCreate", message);
}

function removeNumberedPod(cluster: Cluster, set: KubeObject, pod: KubeObject): void {
  const type = cluster.registry.get("pods");
  if (type === undefined) return;
  deleteObject(cluster, type, pod);
  const message = `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
  tell(cluster, set, "SuccessfulDelete", message);
}

function tell(cluster: Cluster, set: KubeObject, reason: string, message: string): void {
  recordEvent(cluster, set, "StatefulSet", { reason, message, component: "statefulset-controller" });
}

function statefulSetStatus(set: KubeObject, pods: readonly KubeObject[]): Fields {
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
