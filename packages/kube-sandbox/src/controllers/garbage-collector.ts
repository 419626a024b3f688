import type { KubeObject, OwnerReference } from "../objects.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import type { Cluster } from "../rest/call.ts";
import { deleteObject } from "../rest/delete-object.ts";
import type { Change } from "../store.ts";
import { newMetadata, storeNew, WorkQueue } from "./workload-controller.ts";

/** Deletes objects whose owners are gone, and finishes foreground deletions. Returns a function that stops it. */
export function collectGarbage(cluster: Cluster): () => void {
  const pending = new Map<string, Change>();
  const queue = new WorkQueue((uid) => {
    const change = pending.get(uid);
    pending.delete(uid);
    if (change === undefined) return;
    if (change.type !== "DELETED") return collectOne(cluster, change);
    for (const owned of cluster.store.ownedBy(uid)) release(cluster, owned.resource, owned.object, uid);
    // The object may have been the last dependent that its owner's deletion waited for.
    for (const owner of change.object.metadata.ownerReferences ?? []) {
      const found = findOwner(cluster, owner, change.object.metadata.namespace);
      if (found === undefined) continue;
      enqueue({ revision: 0, type: "MODIFIED", resource: found.type.id, object: found.object });
    }
  });
  const enqueue = (change: Change): void => {
    pending.set(change.object.metadata.uid, change);
    queue.add(change.object.metadata.uid);
  };
  const unsubscribe = cluster.store.subscribe((change) => {
    const { deletionTimestamp, ownerReferences } = change.object.metadata;
    if (change.type === "DELETED" || deletionTimestamp !== undefined || ownerReferences !== undefined) enqueue(change);
  });
  return () => {
    unsubscribe();
    queue.stop();
  };
}

function collectOne(cluster: Cluster, { resource, object: { metadata } }: Change): void {
  const object = cluster.store.get(resource, metadata.namespace, metadata.name);
  if (object === undefined || object.metadata.uid !== metadata.uid) return;
  const { finalizers = [], ownerReferences: owners = [], namespace, uid } = object.metadata;
  if (finalizers.includes("orphan")) {
    for (const owned of cluster.store.ownedBy(uid)) disown(cluster, owned.resource, owned.object, uid);
    finish(cluster, resource, object, "orphan");
  } else if (finalizers.includes("foregroundDeletion")) {
    for (const owned of cluster.store.ownedBy(uid)) remove(cluster, owned.resource, owned.object);
    if (cluster.store.ownedBy(uid).length === 0) finish(cluster, resource, object, "foregroundDeletion");
  } else if (owners.length > 0 && owners.every((owner) => isGone(cluster, owner, namespace))) {
    remove(cluster, resource, object);
  }
}

function remove(cluster: Cluster, resource: string, object: KubeObject): void {
  const type = cluster.registry.get(resource);
  if (type !== undefined && object.metadata.deletionTimestamp === undefined) deleteObject(cluster, type, object);
}

/** Removes one owner from an object, and the object with its last owner. */
function release(cluster: Cluster, resource: string, object: KubeObject, ownerUid: string): void {
  const isLast = (object.metadata.ownerReferences ?? []).every((owner) => owner.uid === ownerUid);
  if (isLast) remove(cluster, resource, object);
  else disown(cluster, resource, object, ownerUid);
}

function disown(cluster: Cluster, resource: string, object: KubeObject, ownerUid: string): void {
  const { ownerReferences: before = [], ...metadata } = object.metadata;
  const left = before.filter((owner) => owner.uid !== ownerUid);
  const freed = { ...metadata, ...(left.length > 0 && { ownerReferences: left }) } as KubeObject["metadata"];
  cluster.store.put(resource, { ...object, metadata: freed });
}

/** Removes a finalizer, and the object with its last one. */
function finish(cluster: Cluster, resource: string, object: KubeObject, finalizer: string): void {
  const { namespace, name } = object.metadata;
  const finalizers = (object.metadata.finalizers ?? []).filter((one) => one !== finalizer);
  if (finalizers.length === 0) cluster.store.remove(resource, namespace, name);
  else cluster.store.put(resource, { ...object, metadata: { ...object.metadata, finalizers } });
}

function isGone(cluster: Cluster, owner: OwnerReference, namespace: string | undefined): boolean {
  // An owner of a kind that is not served may exist.
  if (cluster.registry.findKind(owner.apiVersion, owner.kind) === undefined) return false;
  return findOwner(cluster, owner, namespace)?.object.metadata.uid !== owner.uid;
}

function findOwner(
  cluster: Cluster,
  owner: OwnerReference,
  namespace: string | undefined,
): { readonly type: ResourceType; readonly object: KubeObject } | undefined {
  const type = cluster.registry.findKind(owner.apiVersion, owner.kind)?.type;
  const object = type && cluster.store.get(type.id, type.namespaced ? namespace : undefined, owner.name);
  return type === undefined || object === undefined ? undefined : { type, object };
}

/** Namespaces that every cluster has. */
const FIRST = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** Creates the first namespaces, gives each its default ServiceAccount, and empties those that are deleted. Returns a function that stops it. */
export function runNamespaces(cluster: Cluster): () => void {
  const { store } = cluster;
  const queue = new WorkQueue((name) => reconcileNamespace(cluster, name));
  for (const name of FIRST) {
    const fresh = { apiVersion: "v1", kind: "Namespace", metadata: newMetadata(cluster, name) };
    if (store.get("namespaces", undefined, name) === undefined) storeNew(cluster, "namespaces", fresh);
  }
  for (const namespace of store.list("namespaces")) queue.add(namespace.metadata.name);
  const isEnding = (name: string): boolean =>
    store.get("namespaces", undefined, name)?.metadata.deletionTimestamp !== undefined;
  const unsubscribe = store.subscribe(({ resource, type, object }) => {
    const name = resource === "namespaces" ? object.metadata.name : object.metadata.namespace;
    if (name === undefined) return;
    if (resource === "namespaces" || (type === "DELETED" && isEnding(name))) queue.add(name);
  });
  return () => {
    unsubscribe();
    queue.stop();
  };
}

function reconcileNamespace(cluster: Cluster, name: string): void {
  const { store } = cluster;
  const namespace = store.get("namespaces", undefined, name);
  if (namespace === undefined) return;
  const { deletionTimestamp, finalizers = [] } = namespace.metadata;
  if (deletionTimestamp !== undefined) {
    if (emptyNamespace(cluster, name) === 0 && finalizers.length === 0) store.remove("namespaces", undefined, name);
  } else if (store.get("serviceaccounts", name, "default") === undefined) {
    const metadata = newMetadata(cluster, "default", name);
    store.put("serviceaccounts", { apiVersion: "v1", kind: "ServiceAccount", metadata });
  }
}

/** Deletes the objects in a namespace; returns how many are still terminating. */
function emptyNamespace(cluster: Cluster, namespace: string): number {
  const types = cluster.registry.all().filter((type) => type.namespaced);
  const objects = types.flatMap((type) => cluster.store.list(type.id, namespace).map((object) => ({ type, object })));
  return objects.filter(({ type, object }) => {
    const options = type.id === "pods" ? { gracePeriodSeconds: 0 } : {};
    return object.metadata.deletionTimestamp !== undefined || !deleteObject(cluster, type, object, options).gone;
  }).length;
}
