import { randomUUID } from "node:crypto";
import { equal, type Fields, fieldsAt, listAt, textAt } from "../objects/fields.ts";
import { type KubeObject, kubeTime, type OwnerReference } from "../objects/kube-object.ts";
import type { Cluster } from "../rest/call.ts";

/** The owner reference of an object that a controller creates. */
function controllerReference(kind: string, owner: KubeObject): OwnerReference {
  const { name, uid } = owner.metadata;
  const apiVersion = kind === "Pod" ? "v1" : "apps/v1";
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** Objects of a resource that an owner controls. */
export function controlledBy(cluster: Cluster, owner: KubeObject, resource: string): readonly KubeObject[] {
  return cluster.store
    .ownedBy(owner.metadata.uid)
    .filter((owned) => owned.resource === resource)
    .map((owned) => owned.object);
}

/** The metadata of an object that a controller creates from a template. */
export function ownedMetadata(
  cluster: Cluster,
  owner: KubeObject,
  kind: string,
  name: string,
  template: Fields,
): Fields {
  const { labels, annotations } = fieldsAt(template, "metadata");
  return {
    name,
    namespace: owner.metadata.namespace,
    uid: randomUUID(),
    resourceVersion: "",
    creationTimestamp: kubeTime(cluster.now()),
    ...(labels !== undefined && { labels }),
    ...(annotations !== undefined && { annotations }),
    ownerReferences: [controllerReference(kind, owner)],
  };
}

/** Stores an object with the defaults of its kind. */
export function storeNew(cluster: Cluster, resource: string, object: KubeObject): KubeObject {
  const prepared = cluster.registry.get(resource)?.prepare?.(object, undefined) ?? object;
  return cluster.store.put(resource, prepared);
}

/** Writes a status if it changed. */
export function writeStatus(cluster: Cluster, resource: string, object: KubeObject, status: Fields): void {
  if (!equal(object.status, status)) cluster.store.put(resource, { ...object, status });
}

/** Whether a pod is ready. */
export function isReady(pod: KubeObject): boolean {
  const conditions = listAt(pod, "status", "conditions");
  const ready = conditions.find((condition) => textAt(condition, "type") === "Ready");
  return textAt(ready, "status") === "True" && !isStopping(pod);
}

/** Whether a pod is being deleted. */
export function isStopping(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Whether a pod still counts for its controller. */
export function isActive(pod: KubeObject): boolean {
  const phase = textAt(pod, "status", "phase");
  return !isStopping(pod) && phase !== "Succeeded" && phase !== "Failed";
}
