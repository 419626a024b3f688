import { objectKey } from "../objects/kubernetes-object.ts";
import type { SecretReference, SecretState, Secrets } from "../ports/secrets.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { FollowedSecret } from "./followed-secret.ts";

/** Secrets of a cluster. Each is watched by its name, so that rights to that one Secret are all that it takes. */
export class ClusterSecrets implements Secrets {
  readonly #client: ApiClient;
  readonly #followed = new Map<string, FollowedSecret>();

  constructor(client: ApiClient) {
    this.#client = client;
  }

  follow(reference: SecretReference, changed: (state: SecretState) => void): { stop(): void } {
    const key = objectKey(reference.namespace, reference.name);
    const secret = this.#followed.get(key) ?? new FollowedSecret(this.#client, reference);
    this.#followed.set(key, secret);
    // A function of its own for each follower: the same one may follow twice.
    const follower = (state: SecretState) => changed(state);
    secret.followers.add(follower);
    follower(secret.state);
    return {
      stop: () => {
        if (!secret.followers.delete(follower) || secret.followers.size > 0) return;
        secret.stop();
        this.#followed.delete(key);
      },
    };
  }

  /** Ends all watches. */
  close(): void {
    for (const secret of this.#followed.values()) secret.stop();
    this.#followed.clear();
  }
}
