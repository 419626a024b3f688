import type { SecretReference, SecretState } from "../ports/secrets.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { WatchCache } from "../watch/watch-cache.ts";
import { type SecretContents, secretContents } from "./secret-contents.ts";

const SECRETS = { group: "", version: "v1", plural: "secrets" };

/** One Secret that somebody follows. */
export class FollowedSecret {
  readonly followers = new Set<(state: SecretState) => void>();
  readonly #reference: SecretReference;
  readonly #cache: WatchCache<SecretContents>;
  readonly #stop = new AbortController();

  constructor(client: ApiClient, reference: SecretReference) {
    this.#reference = reference;
    const tell = () => {
      for (const follower of [...this.followers]) follower(this.state);
    };
    this.#cache = new WatchCache({
      client,
      resource: SECRETS,
      namespace: reference.namespace,
      fieldSelector: `metadata.name=${reference.name}`,
      trim: secretContents,
      changed: tell,
      stateChanged: tell,
    });
    void this.#cache.run(this.#stop.signal);
  }

  /** What was read stays good while the watch does not work. */
  get state(): SecretState {
    const entry = this.#cache.get(this.#reference.namespace, this.#reference.name);
    if (entry !== undefined) return { state: "present", ...entry.value };
    if (this.#cache.isSynced) return { state: "missing" };
    const { failure } = this.#cache;
    if (failure === undefined) return { state: "unknown", because: "the Secret is being read" };
    return { state: "unknown", because: failure.message, isForbidden: failure.kind === "Forbidden" };
  }

  stop(): void {
    this.#stop.abort();
  }
}
