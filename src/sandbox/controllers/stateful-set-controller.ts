import { type Fields, fieldsAt, numberAt } from "../objects/fields.ts";
import { controllerOf, type KubeObject, keyOf } from "../objects/kube-object.ts";
import type { Cluster } from "../rest/cluster.ts";
import { deleteObject } from "../rest/delete-object.ts";
import { recordEvent } from "./event-recorder.ts";
import { controlledBy, ownedMetadata, storeNew, writeStatus } from "./owned-objects.ts";
import { isReady, isStopping } from "./pod-state.ts";
import { WorkQueue } from "./work-queue.ts";

const STATEFUL_SETS = "statefulsets.apps";

/** Keeps the numbered pods of each StatefulSet, all made at once. Returns how to stop. */
export function runStatefulSets(cluster: Cluster): () => void {
  const queue = new WorkQueue((key) => reconcile(cluster, key));
  const enqueue = (resource: string, object: KubeObject): void => {
    const { namespace, name } = object.metadata;
    const owner = controllerOf(object);
    if (resource === STATEFUL_SETS) queue.add(keyOf(namespace, name));
    else if (resource === "pods" && owner?.kind === "StatefulSet") queue.add(keyOf(namespace, owner.name));
  };
  for (const set of cluster.store.list(STATEFUL_SETS)) enqueue(STATEFUL_SETS, set);
  const unsubscribe = cluster.store.subscribe((change) => enqueue(change.resource, change.object));
  return () => {
    unsubscribe();
    queue.stop();
  };
}

function reconcile(cluster: Cluster, key: string): void {
  const [namespace, name = ""] = key.split("/");
  const set = cluster.store.get(STATEFUL_SETS, namespace, name);
  if (set === undefined || set.metadata.deletionTimestamp !== undefined) return;
  const wanted = numberAt(set, "spec", "replicas") ?? 0;
  const pods = new Map(controlledBy(cluster, set, "pods").map((pod) => [ordinal(pod), pod]));
  for (let index = 0; index < wanted; index += 1) if (!pods.has(index)) addPod(cluster, set, index);
  const type = cluster.registry.get("pods");
  for (const [index, pod] of pods) {
    if (index < wanted || isStopping(pod) || type === undefined) continue;
    deleteObject(cluster, type, pod);
    tell(cluster, set, "SuccessfulDelete", `delete Pod ${pod.metadata.name} in StatefulSet ${name} successful`);
  }
  const status = statusOf(set, controlledBy(cluster, set, "pods"));
  writeStatus(cluster, STATEFUL_SETS, cluster.store.get(STATEFUL_SETS, namespace, name) ?? set, status);
}

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
