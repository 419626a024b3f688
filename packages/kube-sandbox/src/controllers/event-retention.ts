import { type KubeObject, keyOf } from "../objects/kube-object.ts";
import type { Store } from "../store/store.ts";

/** Removes the oldest events beyond a number: a real cluster drops them after an hour. Returns how to stop. */
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
