import { type Fields, type KubeObject, keyOf } from "./objects.ts";

type ChangeListener = (change: Change) => void;

/** All objects in memory, a counter of revisions, and the newest writes. It has no rules about kinds. */
export class Store {
  readonly history: WatchHistory;
  readonly #resources = new Map<string, Map<string, KubeObject>>();
  readonly #owners = new OwnerIndex();
  readonly #listeners = new Set<ChangeListener>();
  readonly #undelivered: Change[] = [];
  #delivering = false;
  #revision = 1;

  constructor(historyLimit: number) {
    this.history = new WatchHistory(historyLimit, this.#revision);
  }

  /** The newest resourceVersion. */
  get revision(): number {
    return this.#revision;
  }

  get(resource: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#resources.get(resource)?.get(keyOf(namespace, name));
  }

  /** All objects of a resource, in one namespace or in all, in the order of their keys. */
  list(resource: string, namespace?: string): readonly KubeObject[] {
    const objects = this.#resources.get(resource);
    return objects === undefined ? [] : inOrder(objects, namespace);
  }

  /** The list at an earlier revision; undefined if its history is gone. */
  listAt(revision: number, resource: string, namespace?: string): readonly KubeObject[] | undefined {
    const changes = this.history.since(revision);
    if (changes === undefined) return undefined;
    const objects = new Map(this.#resources.get(resource));
    for (const change of changes.toReversed()) {
      if (change.resource !== resource) continue;
      const key = keyOf(change.object.metadata.namespace, change.object.metadata.name);
      if (change.previous === undefined) objects.delete(key);
      else objects.set(key, change.previous);
    }
    return inOrder(objects, namespace);
  }

  count(resource: string): number {
    return this.#resources.get(resource)?.size ?? 0;
  }

  /** Objects that name the uid as an owner. */
  ownedBy(uid: string): readonly { readonly resource: string; readonly object: KubeObject }[] {
    return this.#owners.ownedBy(uid).flatMap(({ resource, key }) => {
      const object = this.#resources.get(resource)?.get(key);
      return object === undefined ? [] : [{ resource, object }];
    });
  }

  /** Writes an object, new or changed, and returns it with its resourceVersion. */
  put(resource: string, object: KubeObject): KubeObject {
    const objects = this.#resources.get(resource) ?? new Map<string, KubeObject>();
    this.#resources.set(resource, objects);
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const previous = objects.get(key);
    const written = this.#stamped(object);
    objects.set(key, written);
    this.#publish(resource, previous === undefined ? "ADDED" : "MODIFIED", written, previous);
    return written;
  }

  /** Removes an object; returns its last state, or undefined if there was none. */
  remove(resource: string, namespace: string | undefined, name: string): KubeObject | undefined {
    const objects = this.#resources.get(resource);
    const previous = objects?.get(keyOf(namespace, name));
    if (objects === undefined || previous === undefined) return undefined;
    objects.delete(keyOf(namespace, name));
    const last = this.#stamped(previous);
    this.#publish(resource, "DELETED", last, previous);
    return last;
  }

  /** Calls back after every write, in order, until the returned function is called. */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Removes everything, as for a new cluster; revisions continue. */
  clear(): void {
    this.#resources.clear();
    this.#owners.clear();
    this.#revision += 1;
    this.history.compact(this.#revision);
  }

  #stamped(object: KubeObject): KubeObject {
    this.#revision += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } };
  }

  #publish(resource: string, type: Change["type"], object: KubeObject, previous: KubeObject | undefined): void {
    this.#owners.replace(resource, previous, type === "DELETED" ? undefined : object);
    const change = { revision: this.#revision, type, resource, object, ...(previous !== undefined && { previous }) };
    this.history.add(change);
    this.#undelivered.push(change);
    this.#deliver();
  }

  // A listener may write: that change is queued, so that every listener sees all changes in order.
  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (let change = this.#undelivered.shift(); change !== undefined; change = this.#undelivered.shift()) {
        for (const listener of this.#listeners) listener(change);
      }
    } finally {
      this.#delivering = false;
    }
  }
}

function inOrder(objects: ReadonlyMap<string, KubeObject>, namespace: string | undefined): readonly KubeObject[] {
  const prefix = namespace === undefined ? "" : `${namespace}/`;
  return [...objects.keys()]
    .filter((key) => key.startsWith(prefix))
    .sort()
    .flatMap((key) => objects.get(key) ?? []);
}

export interface Change {
  readonly revision: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** `plural.group` of the resource. */
  readonly resource: string;
  /** The state after the write; for a deletion, the last state. */
  readonly object: KubeObject;
  /** The state before the write; absent for ADDED. */
  readonly previous?: KubeObject;
}

/** The newest writes, up to a limit: watches resume from them, and paged lists undo them. */
class WatchHistory {
  readonly #limit: number;
  #changes: Change[] = [];
  #compactedRevision: number;

  constructor(limit: number, startRevision: number) {
    this.#limit = limit;
    this.#compactedRevision = startRevision;
  }

  /** Changes up to this revision are forgotten. */
  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  add(change: Change): void {
    this.#changes.push(change);
    // Drops many at once: a shift for each write would copy the list each time.
    if (this.#changes.length >= this.#limit * 2) this.#forget(this.#changes.length - this.#limit);
  }

  /** Forgets all changes, so that older watches get 410. */
  compact(revision: number): void {
    this.#changes = [];
    this.#compactedRevision = revision;
  }

  /** The writes after a revision, oldest first; undefined if some of them are forgotten. */
  since(revision: number): readonly Change[] | undefined {
    if (revision < this.#compactedRevision) return undefined;
    return this.#changes.slice(this.#indexAfter(revision));
  }

  #forget(count: number): void {
    const last = this.#changes[count - 1];
    if (last !== undefined) this.#compactedRevision = last.revision;
    this.#changes = this.#changes.slice(count);
  }

  #indexAfter(revision: number): number {
    let [low, high] = [0, this.#changes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#changes[middle]?.revision ?? 0) > revision) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

interface OwnedReference {
  readonly resource: string;
  readonly key: string;
}

class OwnerIndex {
  readonly #owned = new Map<string, Map<string, OwnedReference>>();

  replace(resource: string, before: KubeObject | undefined, after: KubeObject | undefined): void {
    if (before?.metadata.ownerReferences === after?.metadata.ownerReferences) return;
    const object = after ?? before;
    if (object === undefined) return;
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const id = `${resource} ${key}`;
    for (const owner of before?.metadata.ownerReferences ?? []) this.#remove(owner.uid, id);
    for (const owner of after?.metadata.ownerReferences ?? []) {
      const owned = this.#owned.get(owner.uid) ?? new Map<string, OwnedReference>();
      owned.set(id, { resource, key });
      this.#owned.set(owner.uid, owned);
    }
  }

  ownedBy(uid: string): readonly OwnedReference[] {
    return [...(this.#owned.get(uid)?.values() ?? [])];
  }

  clear(): void {
    this.#owned.clear();
  }

  #remove(uid: string, id: string): void {
    const owned = this.#owned.get(uid);
    owned?.delete(id);
    if (owned?.size === 0) this.#owned.delete(uid);
  }
}

/** What each manager last applied to each object: the next apply removes what it leaves out. */
export class AppliedConfigurations {
  readonly #byUid = new Map<string, Map<string, Fields>>();

  constructor(store: Store) {
    store.subscribe((change) => {
      if (change.type === "DELETED") this.#byUid.delete(change.object.metadata.uid);
    });
  }

  get(uid: string, manager: string): Fields | undefined {
    return this.#byUid.get(uid)?.get(manager);
  }

  set(uid: string, manager: string, applied: Fields): void {
    const managers = this.#byUid.get(uid) ?? new Map<string, Fields>();
    managers.set(manager, applied);
    this.#byUid.set(uid, managers);
  }
}
