import type { KubernetesObject } from "../objects/kubernetes-object.ts";
import type { SecretReference, SecretState } from "../ports/secrets.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { WatchCache } from "../watch/watch-cache.ts";

const SECRETS = { group: "", version: "v1", plural: "secrets" };

/** One Secret that somebody follows. */
export class FollowedSecret {
  readonly followers = new Set<(state: SecretState) => void>();
  readonly #reference: SecretReference;
  readonly #cache: WatchCache<Kept>;
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
      trim: kept,
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

const ALLOWED_HOSTS = "muster.dev/allowed-hosts";

interface Kept {
  readonly values: Readonly<Record<string, string>>;
  readonly allowedHosts?: string;
}

function kept(secret: KubernetesObject): Kept {
  const allowedHosts = secret.metadata.annotations?.[ALLOWED_HOSTS];
  return { values: valuesOf(secret), ...(allowedHosts === undefined ? {} : { allowedHosts: String(allowedHosts) }) };
}

function valuesOf(secret: KubernetesObject): Record<string, string> {
  const { data } = secret as { data?: Readonly<Record<string, unknown>> };
  const values = Object.entries(data ?? {}).map(([key, value]) => [
    key,
    Buffer.from(String(value), "base64").toString(),
  ]);
  return Object.fromEntries(values);
}
