import { createHash, randomUUID } from "node:crypto";
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
  textAt,
} from "../objects.ts";
import type { Cluster } from "../rest/call.ts";
import type { Store } from "../store.ts";

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
    const current = store.get(resource, namespace, name) ?? object;
    if (!equal(current.status, status)) store.put(resource, { ...current, status });
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
    clearImmediate(this.#scheduled);
  }

  #run(): void {
    this.#scheduled = undefined;
    const keys = [...this.#waiting];
    this.#waiting.clear();
    for (const key of keys) this.#reconcile(key);
  }
}

export function controlledBy(cluster: Cluster, owner: KubeObject, resource: string): readonly KubeObject[] {
  return cluster.store.ownedBy(owner.metadata.uid).flatMap((one) => (one.resource === resource ? [one.object] : []));
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
  const { name: ownerName, namespace, uid } = owner.metadata;
  const reference = {
    apiVersion: apiVersionOf(kind),
    kind,
    name: ownerName,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  return {
    ...newMetadata(cluster, name, namespace),
    ...(labels !== undefined && { labels }),
    ...(annotations !== undefined && { annotations }),
    ownerReferences: [reference],
  };
}

function apiVersionOf(kind: string): string {
  if (kind === "Pod") return "v1";
  return kind === "Job" ? "batch/v1" : "apps/v1";
}

/** The metadata of an object that no request creates. */
export function newMetadata({ now }: Cluster, name: string, namespace?: string): KubeObject["metadata"] {
  const creationTimestamp = kubeTime(now());
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    uid: randomUUID(),
    resourceVersion: "",
    creationTimestamp,
  };
}

/** Stores an object with the defaults of its kind. */
export function storeNew(cluster: Cluster, resource: string, object: KubeObject): KubeObject {
  const prepared = cluster.registry.get(resource)?.prepare?.(object, undefined) ?? object;
  return cluster.store.put(resource, prepared);
}

export function isReady(pod: KubeObject): boolean {
  const ready = listAt(pod, "status", "conditions").find((condition) => textAt(condition, "type") === "Ready");
  return textAt(ready, "status") === "True" && !isStopping(pod);
}

export function isStopping(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

export interface Happening {
  readonly type?: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly component: string;
}

/** Records an event about an object; a repetition raises the count of the first. */
export function recordEvent(cluster: Cluster, object: KubeObject, kind: string, happening: Happening): void {
  const { store } = cluster;
  const { name, namespace = "default", uid, resourceVersion } = object.metadata;
  const { type = "Normal", reason, message, component } = happening;
  const digest = createHash("sha1").update(`${uid} ${reason} ${message}`).digest("hex").slice(0, 16);
  const metadata = newMetadata(cluster, `${name}.${digest}`, namespace);
  const time = metadata.creationTimestamp;
  const before = store.get("events", namespace, metadata.name);
  if (before !== undefined) {
    store.put("events", { ...before, count: (numberAt(before, "count") ?? 1) + 1, lastTimestamp: time });
    return;
  }
  const apiVersion = apiVersionOf(kind);
  store.put("events", {
    apiVersion: "v1",
    kind: "Event",
    metadata,
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
