import {
  asKubernetesObject,
  isOlder,
  type KubernetesObject,
  objectKey,
  type Resource,
  resourceName,
  resourcePath,
} from "../objects.ts";
import { KubernetesError } from "../ports.ts";
import { malformed } from "../transport/answer-error.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { type Changed, type Entry, ObjectStore } from "./object-store.ts";
import { WatchLoop } from "./watch-loop.ts";

export interface WatchCacheOptions<Value> {
  readonly client: ApiClient;
  readonly resource: Resource;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** See WatchLoop. */
  readonly uncheckedMs?: number | undefined;
  /** What to keep of an object, called while a line is parsed: the rest is never held. */
  readonly trim: (object: KubernetesObject) => Value;
  /** `key` is objectKey of namespace and name. */
  readonly changed?: Changed<Value>;
  /** Called when the first list is complete, when the watch fails in a new way, and when it works again. */
  readonly stateChanged?: () => void;
}

/** How a watch fares, for metrics, readiness and "because". */
export interface WatchHealth {
  /** Such as "deployments.apps". */
  readonly resource: string;
  readonly synced: boolean;
  readonly objects: number;
  /** Complete lists, the first one included. */
  readonly lists: number;
  /** Absent before the first event. */
  readonly lastEventAgeSeconds?: number;
  /** Present while the watch does not work. */
  readonly failure?: KubernetesError;
}

/** The objects of one kind, trimmed, kept as the API server has them. */
export class WatchCache<Value> {
  readonly #options: WatchCacheOptions<Value>;
  readonly #store: ObjectStore<Value>;
  readonly #name: string;
  #lists = 0;
  #lastEventAt: number | undefined;
  #failure: KubernetesError | undefined;
  /** Present from an interruption until the watch has caught up: the keys that were read since. */
  #confirmed: Set<string> | undefined;

  constructor(options: WatchCacheOptions<Value>) {
    this.#options = options;
    this.#name = resourceName(options.resource);
    this.#store = new ObjectStore((key, now, before) => options.changed?.(key, now, before));
  }

  /** Until aborted; rejects never. */
  run(signal: AbortSignal): Promise<void> {
    const { client, resource, namespace, fieldSelector, labelSelector, uncheckedMs } = this.#options;
    const path = resourcePath(resource, { namespace });
    const watched = { client, path, what: `watch ${this.#name}`, fieldSelector, labelSelector, uncheckedMs };
    return new WatchLoop(watched, {
      beginSnapshot: () => this.#store.beginSnapshot(),
      inSnapshot: (object) => this.#take(object, (key, entry) => this.#store.putInSnapshot(key, entry)),
      endSnapshot: () => this.#endSnapshot(),
      event: (type, object) => this.#event(type, object),
      health: (failure) => this.#setFailure(failure),
      interrupted: () => {
        this.#confirmed = new Set();
      },
      caughtUp: () => {
        this.#confirmed = undefined;
      },
    }).run(signal);
  }

  get isSynced(): boolean {
    return this.#lists > 0;
  }

  get failure(): KubernetesError | undefined {
    return this.#failure;
  }

  get(namespace: string, name: string): Entry<Value> | undefined {
    return this.#store.get(objectKey(namespace, name));
  }

  keys(): IterableIterator<string> {
    return this.#store.keys();
  }

  /** Takes in the answer to a write, so that the next `get` is no older than the write. */
  learn(namespace: string, name: string, entry: Entry<Value>): void {
    this.#store.learn(objectKey(namespace, name), entry);
  }

  /** The same for an answer that is the whole object; what is none is passed over. */
  learnObject(answer: unknown): void {
    const object = asKubernetesObject(answer);
    if (object !== undefined) this.#take(object, (key, entry) => this.#store.learn(key, entry));
  }

  /**
   * Whether what is held of the object is no older than the last interruption of the watch. Until the watch has caught
   * up the object is read: what is new is taken in first. Rejects with a KubernetesError.
   */
  async confirm(namespace: string, name: string, signal: AbortSignal): Promise<boolean> {
    const confirmed = this.#confirmed;
    const key = objectKey(namespace, name);
    if (confirmed === undefined || confirmed.has(key)) return true;
    const held = this.#store.get(key);
    await this.read(namespace, name, signal);
    confirmed.add(key);
    return this.#store.get(key)?.resourceVersion === held?.resourceVersion;
  }

  /** Reads one object and takes it in, changed or gone as it may be. Rejects with a KubernetesError. */
  async read(namespace: string, name: string, signal: AbortSignal): Promise<void> {
    const key = objectKey(namespace, name);
    const held = this.#store.get(key);
    // By a list: the rights to list and watch are all that it takes.
    const query = new URLSearchParams({ fieldSelector: `metadata.name=${name}` });
    const path = `${resourcePath(this.#options.resource, { namespace })}?${query}`;
    const what = `read ${this.#name}`;
    const { items } = ((await this.#options.client.call({ method: "GET", path, what, lane: "read" }, signal)) ??
      {}) as {
      items?: unknown;
    };
    if (!Array.isArray(items)) throw malformed(what, "something that is no list");
    const fresh = asKubernetesObject(items[0]);
    if (fresh === undefined) this.#store.delete(key, held?.uid ?? "");
    else if (held !== undefined && isOlder(fresh.metadata.resourceVersion, held.resourceVersion)) {
      throw new KubernetesError(
        "Conflict",
        `${what}: the server's version is older than the one held; a new list follows`,
      );
    } else this.learnObject(fresh);
  }

  health(): WatchHealth {
    return {
      resource: this.#name,
      synced: this.isSynced,
      objects: this.#store.size,
      lists: this.#lists,
      ...(this.#lastEventAt === undefined
        ? {}
        : { lastEventAgeSeconds: (performance.now() - this.#lastEventAt) / 1000 }),
      ...(this.#failure ? { failure: this.#failure } : {}),
    };
  }

  #take(object: KubernetesObject, put: (key: string, entry: Entry<Value>) => void): void {
    const { namespace, name, uid, resourceVersion } = object.metadata;
    const key = objectKey(namespace, name);
    const known = this.#store.get(key);
    // Our own write comes twice, as its answer and as an event; a new list says again what is known.
    if (known?.uid === uid && known.resourceVersion === resourceVersion) put(key, known);
    else put(key, { uid, resourceVersion, value: this.#options.trim(object) });
  }

  #event(type: "ADDED" | "MODIFIED" | "DELETED", object: KubernetesObject): void {
    this.#lastEventAt = performance.now();
    const { namespace, name, uid } = object.metadata;
    if (type === "DELETED") this.#store.delete(objectKey(namespace, name), uid);
    else this.#take(object, (key, entry) => this.#store.put(key, entry));
  }

  #endSnapshot(): void {
    this.#lastEventAt = performance.now();
    this.#lists += 1;
    this.#store.endSnapshot();
    this.#confirmed = undefined;
    if (this.#lists === 1) this.#options.stateChanged?.();
  }

  #setFailure(failure: KubernetesError | undefined): void {
    const isNew = failure?.kind !== this.#failure?.kind;
    this.#failure = failure;
    if (isNew) this.#options.stateChanged?.();
  }
}
