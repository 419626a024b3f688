import type { Fields } from "../objects/fields.ts";
import type { Store } from "../store.ts";

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
