import { isOlder } from "../objects.ts";

export interface Entry<Value> {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly value: Value;
}

export type Changed<Value> = (key: string, now: Entry<Value> | undefined, before: Entry<Value> | undefined) => void;

/** A deleted object's late events arrive soon after or never. */
const REMEMBERED_DELETIONS = 1_000;

/**
 * The newest known version of each object of a kind. Duplicated, reordered and late events change nothing: of one
 * object (uid) a version is only ever followed by a newer one, and a deleted object does not come back.
 */
export class ObjectStore<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #deleted = new Set<string>();
  readonly #changed: Changed<Value>;
  #snapshot: { readonly seen: Set<string>; readonly learned: Map<string, Entry<Value>> } | undefined;

  constructor(changed: Changed<Value>) {
    this.#changed = changed;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Entry<Value> | undefined {
    return this.#entries.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  put(key: string, entry: Entry<Value>): void {
    if (this.#deleted.has(entry.uid) && entry.uid !== "") return;
    const before = this.#entries.get(key);
    if (before !== undefined && !isNews(before, entry)) return;
    this.#set(key, entry, before);
  }

  /** The answer to a write of ours: newer than what a listing under way may still say. */
  learn(key: string, entry: Entry<Value>): void {
    this.#snapshot?.learned.set(key, entry);
    this.put(key, entry);
  }

  delete(key: string, uid: string): void {
    const before = this.#entries.get(key);
    if (uid !== "") this.#remember(uid);
    if (before === undefined || before.uid !== uid) return;
    this.#entries.delete(key);
    this.#changed(key, undefined, before);
  }

  /** All that exists follows by `putInSnapshot`; a snapshot that was begun before is given up. */
  beginSnapshot(): void {
    this.#snapshot = { seen: new Set(), learned: new Map() };
  }

  /** Unlike an event, a consistent listing also wins with an older version: then etcd was restored from a backup. */
  putInSnapshot(key: string, entry: Entry<Value>): void {
    this.#snapshot?.seen.add(key);
    // What was deleted since the backup lives again.
    this.#deleted.delete(entry.uid);
    const learned = this.#snapshot?.learned.get(key);
    const now = learned !== undefined && isNews(entry, learned) ? learned : entry;
    const before = this.#entries.get(key);
    if (before?.uid === now.uid && before.resourceVersion === now.resourceVersion) return;
    this.#set(key, now, before);
  }

  /** What the snapshot did not name is gone. */
  endSnapshot(): void {
    const snapshot = this.#snapshot;
    if (snapshot === undefined) return;
    this.#snapshot = undefined;
    for (const [key, before] of this.#entries) {
      if (snapshot.seen.has(key) || snapshot.learned.has(key)) continue;
      this.#entries.delete(key);
      this.#changed(key, undefined, before);
    }
  }

  #set(key: string, entry: Entry<Value>, before: Entry<Value> | undefined): void {
    this.#entries.set(key, entry);
    this.#changed(key, entry, before);
  }

  #remember(uid: string): void {
    this.#deleted.add(uid);
    if (this.#deleted.size <= REMEMBERED_DELETIONS) return;
    for (const oldest of this.#deleted) {
      this.#deleted.delete(oldest);
      return;
    }
  }
}

function isNews<Value>(before: Entry<Value>, entry: Entry<Value>): boolean {
  if (before.uid === entry.uid && before.resourceVersion === entry.resourceVersion) return false;
  return !isOlder(entry.resourceVersion, before.resourceVersion);
}
