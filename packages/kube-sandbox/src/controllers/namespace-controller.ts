import { randomUUID } from "node:crypto";
import { type KubeObject, kubeTime } from "../objects/kube-object.ts";
import type { Cluster } from "../rest/call.ts";
import { deleteObject } from "../rest/delete-object.ts";
import { storeNew } from "./owned-objects.ts";
import { WorkQueue } from "./run-workload-controller.ts";

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
