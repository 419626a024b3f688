import { randomUUID } from "node:crypto";
import { numberAt } from "../objects/fields.ts";
import { type KubeObject, keyOf, kubeTime } from "../objects/kube-object.ts";
import type { Cluster } from "../rest/call.ts";
import type { Store } from "../store.ts";

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
