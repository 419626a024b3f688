import { randomUUID } from "node:crypto";
import { type KubeObject, kubeTime, type OwnerReference } from "../objects.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import type { Cluster } from "../rest/call.ts";
import { deleteObject } from "../rest/delete-object.ts";
import type { Change } from "../store.ts";
import { storeNew, WorkQueue } from "./workload-controller.ts";

/** Deletes objects whose owners are gone, and finishes foreground deletions. Returns a function that stops it. */
export function collectGarbage(cluster: Cluster): () => void {
  const pending = new Map<string, Change>();
  const queue = new WorkQueue((uid) => {
    const change = pending.get(uid);
    pending.delete(uid);
    if (change !== undefined) look(cluster, change, enqueueOwners);
  });
  const enqueue = (change: Change): void => {
    pending.set(change.object.metadata.uid, change);
    queue.add(change.object.metadata.uid);
  };
  // The object may have been the last dependent that its owner's deletion waited for.
  const enqueueOwners = (object: KubeObject): void => {
    for (const owner of object.metadata.ownerReferences ?? []) {
      const found = find(cluster, owner, object.metadata.namespace);
      if (found === undefined) continue;
      enqueue({ revision: 0, type: "MODIFIED", resource: found.type.id, object: found.object });
    }
  };
  const unsubscribe = cluster.store.subscribe((change) => {
    const { metadata } = change.object;
    const matters =
      change.type === "DELETED" || metadata.deletionTimestamp !== undefined || metadata.ownerReferences !== undefined;
    if (matters) enqueue(change);
  });
  return () => {
    unsubscribe();
    queue.stop();
  };
}

function look(cluster: Cluster, change: Change, enqueueOwners: (object: KubeObject) => void): void {
  const { metadata } = change.object;
  if (change.type === "DELETED") {
    for (const owned of cluster.store.ownedBy(metadata.uid))
      release(cluster, owned.resource, owned.object, metadata.uid);
    enqueueOwners(change.object);
    return;
  }
  const object = cluster.store.get(change.resource, metadata.namespace, metadata.name);
  if (object === undefined || object.metadata.uid !== metadata.uid) return;
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes("orphan")) orphan(cluster, change.resource, object);
  else if (finalizers.includes("foregroundDeletion")) finishForeground(cluster, change.resource, object);
  else if (isOrphaned(cluster, object)) remove(cluster, change.resource, object);
}

function typeOf(cluster: Cluster, resource: string): ResourceType | undefined {
  return cluster.registry.get(resource);
}

function remove(cluster: Cluster, resource: string, object: KubeObject): void {
  const type = typeOf(cluster, resource);
  if (type !== undefined && object.metadata.deletionTimestamp === undefined) deleteObject(cluster, type, object);
}

/** Removes one owner from an object, and the object with its last owner. */
function release(cluster: Cluster, resource: string, object: KubeObject, ownerUid: string): void {
  const left = (object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== ownerUid);
  if (left.length === 0) remove(cluster, resource, object);
  else cluster.store.put(resource, { ...object, metadata: { ...object.metadata, ownerReferences: left } });
}

function orphan(cluster: Cluster, resource: string, owner: KubeObject): void {
  const { uid } = owner.metadata;
  for (const owned of cluster.store.ownedBy(uid)) {
    const { ownerReferences: before = [], ...metadata } = owned.object.metadata;
    const left = before.filter((one) => one.uid !== uid);
    const freed = { ...metadata, ...(left.length > 0 && { ownerReferences: left }) } as KubeObject["metadata"];
    cluster.store.put(owned.resource, { ...owned.object, metadata: freed });
  }
  finish(cluster, resource, owner, "orphan");
}

function finishForeground(cluster: Cluster, resource: string, owner: KubeObject): void {
  const dependents = cluster.store.ownedBy(owner.metadata.uid);
  for (const owned of dependents) remove(cluster, owned.resource, owned.object);
  if (cluster.store.ownedBy(owner.metadata.uid).length === 0) finish(cluster, resource, owner, "foregroundDeletion");
}

/** Removes a finalizer, and the object with its last one. */
function finish(cluster: Cluster, resource: string, object: KubeObject, finalizer: string): void {
  const { namespace, name } = object.metadata;
  const finalizers = (object.metadata.finalizers ?? []).filter((one) => one !== finalizer);
  if (finalizers.length === 0) cluster.store.remove(resource, namespace, name);
  else cluster.store.put(resource, { ...object, metadata: { ...object.metadata, finalizers } });
}

function isOrphaned(cluster: Cluster, object: KubeObject): boolean {
  const owners = object.metadata.ownerReferences ?? [];
  const { namespace } = object.metadata;
  return owners.length > 0 && owners.every((owner) => isGone(cluster, owner, namespace));
}

function isGone(cluster: Cluster, owner: OwnerReference, namespace: string | undefined): boolean {
  // An owner of a kind that is not served may exist.
  if (cluster.registry.findKind(owner.apiVersion, owner.kind) === undefined) return false;
  return find(cluster, owner, namespace)?.object.metadata.uid !== owner.uid;
}

function find(
  cluster: Cluster,
  owner: OwnerReference,
  namespace: string | undefined,
): { readonly type: ResourceType; readonly object: KubeObject } | undefined {
  const served = cluster.registry.findKind(owner.apiVersion, owner.kind);
  if (served === undefined) return undefined;
  const { type } = served;
  const object = cluster.store.get(type.id, type.namespaced ? namespace : undefined, owner.name);
  return object === undefined ? undefined : { type, object };
}

/** Namespaces that every cluster has. */
const FIRST = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** Creates the first namespaces, gives each its default ServiceAccount, and empties those that are deleted. Returns a function that stops it. */
export function runNamespaces(cluster: Cluster): () => void {
  const queue = new WorkQueue((name) => reconcile(cluster, name));
  for (const name of FIRST) {
    if (cluster.store.get("namespaces", undefined, name) === undefined)
      storeNew(cluster, "namespaces", fresh(cluster, name));
  }
  for (const namespace of cluster.store.list("namespaces")) queue.add(namespace.metadata.name);
  const unsubscribe = cluster.store.subscribe(({ resource, type, object }) => {
    const name = resource === "namespaces" ? object.metadata.name : object.metadata.namespace;
    if (name === undefined) return;
    if (resource === "namespaces" || (type === "DELETED" && isEnding(cluster, name))) queue.add(name);
  });
  return () => {
    unsubscribe();
    queue.stop();
  };
}

const isEnding = (cluster: Cluster, name: string): boolean =>
  cluster.store.get("namespaces", undefined, name)?.metadata.deletionTimestamp !== undefined;

function reconcile(cluster: Cluster, name: string): void {
  const namespace = cluster.store.get("namespaces", undefined, name);
  if (namespace === undefined) return;
  if (namespace.metadata.deletionTimestamp === undefined) {
    if (cluster.store.get("serviceaccounts", name, "default") === undefined) addServiceAccount(cluster, name);
    return;
  }
  const left = empty(cluster, name);
  const finalizers = namespace.metadata.finalizers ?? [];
  if (left === 0 && finalizers.length === 0) cluster.store.remove("namespaces", undefined, name);
}

/** Deletes the objects in a namespace; returns how many are still terminating. */
function empty(cluster: Cluster, namespace: string): number {
  const types = cluster.registry.all().filter((type) => type.namespaced);
  const objects = types.flatMap((type) => cluster.store.list(type.id, namespace).map((object) => ({ type, object })));
  return objects.filter(({ type, object }) => {
    const options = type.id === "pods" ? { gracePeriodSeconds: 0 } : {};
    return object.metadata.deletionTimestamp !== undefined || !deleteObject(cluster, type, object, options).gone;
  }).length;
}

function fresh(cluster: Cluster, name: string): KubeObject {
  const creationTimestamp = kubeTime(cluster.now());
  const metadata = { name, uid: randomUUID(), resourceVersion: "", creationTimestamp };
  return { apiVersion: "v1", kind: "Namespace", metadata };
}

function addServiceAccount(cluster: Cluster, namespace: string): void {
  const creationTimestamp = kubeTime(cluster.now());
  const metadata = { name: "default", namespace, uid: randomUUID(), resourceVersion: "", creationTimestamp };
  cluster.store.put("serviceaccounts", { apiVersion: "v1", kind: "ServiceAccount", metadata });
}
