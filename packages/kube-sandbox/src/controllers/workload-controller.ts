import { randomUUID } from "node:crypto";
import {
  controllerOf,
  equal,
  type Fields,
  fieldsAt,
  type KubeObject,
  keyOf,
  kubeTime,
  listAt,
  numberAt,
  type OwnerReference,
  textAt,
} from "../objects.ts";
import type { Cluster } from "../rest/call.ts";
import type { Store } from "../store.ts";

/** The controller of one kind of workload. */
export interface WorkloadController {
  /** For example "deployments.apps". */
  readonly resource: string;
  readonly kind: string;
  /** The resource that it creates: a change there concerns the owner. */
  readonly makes: string;
  /** Performs one step for an object that is not being deleted; returns its new status. */
  readonly reconcile: (cluster: Cluster, object: KubeObject) => Fields;
}

/** Reconciles each object when it, or something that it owns, changes. Returns a function that stops it. */
export function runWorkloadController(
  cluster: Cluster,
  { resource, kind, makes, reconcile }: WorkloadController,
): () => void {
  const { store } = cluster;
  const queue = new WorkQueue((key) => {
    const [namespace, name = ""] = key.split("/");
    const object = store.get(resource, namespace, name);
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return;
    const status = reconcile(cluster, object);
    writeStatus(cluster, resource, store.get(resource, namespace, name) ?? object, status);
  });
  const enqueue = (changed: string, object: KubeObject): void => {
    const { namespace, name } = object.metadata;
    const owner = changed === makes ? controllerOf(object) : undefined;
    if (changed === resource) queue.add(keyOf(namespace, name));
    else if (owner?.kind === kind) queue.add(keyOf(namespace, owner.name));
  };
  for (const object of store.list(resource)) enqueue(resource, object);
  const unsubscribe = store.subscribe((change) => enqueue(change.resource, change.object));
  return () => {
    unsubscribe();
    queue.stop();
  };
}

/** Reconciles queued keys one after the other, each at most once, and never inside the write that queued it. */
export class WorkQueue {
  readonly #reconcile: (key: string) => void;
  readonly #waiting = new Set<string>();
  #scheduled: NodeJS.Immediate | undefined;
  #stopped = false;

  constructor(reconcile: (key: string) => void) {
    this.#reconcile = reconcile;
  }

  add(key: string): void {
    if (this.#stopped) return;
    this.#waiting.add(key);
    this.#scheduled ??= setImmediate(() => this.#run());
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
  }

  #run(): void {
    this.#scheduled = undefined;
    const keys = [...this.#waiting];
    this.#waiting.clear();
    for (const key of keys) this.#reconcile(key);
  }
}

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
function writeStatus(cluster: Cluster, resource: string, object: KubeObject, status: Fields): void {
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

/** The content of an event. */
export interface Happening {
  readonly type?: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly component: string;
}

/** Records an event about an object; a repetition raises the count of the first. */
export function recordEvent(cluster: Cluster, object: KubeObject, kind: string, happening: Happening): void {
  const { store, now } = cluster;
  const { name, namespace = "default", uid, resourceVersion } = object.metadata;
  const { type = "Normal", reason, message, component } = happening;
  const id = eventName(name, uid, reason, message);
  const time = kubeTime(now());
  const before = store.get("events", namespace, id);
  if (before !== undefined) {
    store.put("events", { ...before, count: (numberAt(before, "count") ?? 1) + 1, lastTimestamp: time });
    return;
  }
  const apiVersion = kind === "Pod" ? "v1" : "apps/v1";
  store.put("events", {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: id, namespace, uid: randomUUID(), resourceVersion: "", creationTimestamp: time },
    involvedObject: { apiVersion, kind, name, namespace, uid, resourceVersion },
    type,
    reason,
    message,
    source: { component },
    reportingComponent: component,
    reportingInstance: "",
    firstTimestamp: time,
    lastTimestamp: time,
    eventTime: null,
    count: 1,
  });
}

/** The same name for the same message about the same object. */
function eventName(name: string, uid: string, reason: string, message: string): string {
  let hash = 0n;
  for (const letter of `${uid} ${reason} ${message}`) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(letter.codePointAt(0) ?? 0)) * 1_099_511_628_211n + 7n);
  }
  return `${name}.${hash.toString(16).padStart(16, "0")}`;
}

/** Keeps the newest events: a real cluster drops them after an hour. Returns a function that stops it. */
export function retainEvents(store: Store, limit: number): () => void {
  const oldestFirst = new Map<string, KubeObject>();
  return store.subscribe(({ resource, type, object }) => {
    if (resource !== "events") return;
    const { namespace, name } = object.metadata;
    if (type === "DELETED") oldestFirst.delete(keyOf(namespace, name));
    else oldestFirst.set(keyOf(namespace, name), object);
    if (oldestFirst.size <= limit) return;
    const [oldest] = oldestFirst.values();
    if (oldest !== undefined) store.remove("events", oldest.metadata.namespace, oldest.metadata.name);
  });
}
