import { type KubeObject, keyOf } from "../objects/kube-object.ts";

/** Where an owned object is. */
export interface OwnedReference {
  readonly resource: string;
  readonly key: string;
}

/** Which objects name an owner, by the owner's uid. */
export class OwnerIndex {
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
