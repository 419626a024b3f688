import type { Fields } from "../objects/fields.ts";
import { controllerOf, type KubeObject, keyOf } from "../objects/kube-object.ts";
import type { Cluster } from "../rest/call.ts";
import { writeStatus } from "./owned-objects.ts";

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
