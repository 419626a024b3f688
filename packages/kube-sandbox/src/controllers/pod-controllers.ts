import { type Fields, fieldsAt, type KubeObject, numberAt, randomSuffix, textAt } from "../objects.ts";
import type { Cluster } from "../rest/call.ts";
import { deleteObject } from "../rest/delete-object.ts";
import {
  controlledBy,
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
    for (let count = before.length; count < wanted; count += 1) {
      const name = `${set.metadata.name}-${randomSuffix()}`;
      addPod(cluster, set, "ReplicaSet", name, `Created pod: ${name}`);
    }
    for (const pod of firstToGo(before).slice(0, Math.max(0, before.length - wanted))) {
      removePod(cluster, set, "ReplicaSet", pod, `Deleted pod: ${pod.metadata.name}`);
    }
    return replicaSetStatus(set, controlledBy(cluster, set, "pods").filter(isActive));
  },
};

/** Keeps the numbered pods of each StatefulSet; it creates all of them at once. */
export const statefulSets: WorkloadController = {
  resource: "statefulsets.apps",
  kind: "StatefulSet",
  makes: "pods",
  reconcile: (cluster, set) => {
    const wanted = numberAt(set, "spec", "replicas") ?? 0;
    const said = (verb: string, pod: string) => `${verb} Pod ${pod} in StatefulSet ${set.metadata.name} successful`;
    const pods = new Map(controlledBy(cluster, set, "pods").map((pod) => [ordinal(pod), pod]));
    for (let index = 0; index < wanted; index += 1) {
      const name = `${set.metadata.name}-${index}`;
      if (!pods.has(index)) addPod(cluster, set, "StatefulSet", name, said("create", name));
    }
    for (const [index, pod] of pods) {
      if (index < wanted || isStopping(pod)) continue;
      removePod(cluster, set, "StatefulSet", pod, said("delete", pod.metadata.name));
    }
    return statefulSetStatus(set, controlledBy(cluster, set, "pods"));
  },
};

const ordinal = (pod: KubeObject): number => Number(pod.metadata.name.split("-").at(-1));

export function addPod(cluster: Cluster, set: KubeObject, kind: string, name: string, message: string): void {
  const template = fieldsAt(set, "spec", "template");
  const metadata = ownedMetadata(cluster, set, kind, name, template);
  const spec = fieldsAt(template, "spec");
  storeNew(cluster, "pods", { apiVersion: "v1", kind: "Pod", metadata, spec } as unknown as KubeObject);
  recordEvent(cluster, set, kind, { reason: "SuccessfulCreate", message, component: componentOf(kind) });
}

function removePod(cluster: Cluster, set: KubeObject, kind: string, pod: KubeObject, message: string): void {
  const type = cluster.registry.get("pods");
  if (type !== undefined) deleteObject(cluster, type, pod);
  recordEvent(cluster, set, kind, { reason: "SuccessfulDelete", message, component: componentOf(kind) });
}

const componentOf = (kind: string): string => `${kind.toLowerCase()}-controller`;

/** Whether a pod still counts for its ReplicaSet. */
function isActive(pod: KubeObject): boolean {
  const phase = textAt(pod, "status", "phase");
  return !isStopping(pod) && phase !== "Succeeded" && phase !== "Failed";
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

function replicaSetStatus(set: KubeObject, pods: readonly KubeObject[]): Fields {
  const ready = pods.filter(isReady).length;
  return {
    replicas: pods.length,
    ...(pods.length > 0 && { fullyLabeledReplicas: pods.length }),
    ...(ready > 0 && { readyReplicas: ready, availableReplicas: ready }),
    observedGeneration: set.metadata.generation,
  };
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
