import { type KubernetesObject, objectKey, type Resource } from "./objects.ts";
import type { SecretReference, SecretState, Secrets } from "./ports.ts";
import type { ApiClient } from "./transport/api-client.ts";
import { WatchCache } from "./watch/watch-cache.ts";

const SECRETS = { group: "", version: "v1", plural: "secrets" };
/** What is read besides Secrets, where a name begins so, as "configmaps/settings": no Secret's name has a slash. */
const OTHERS: Readonly<Record<string, { resource: Resource; contents: (object: KubernetesObject) => SecretContents }>> =
  {
    configmaps: {
      resource: { group: "", version: "v1", plural: "configmaps" },
      contents: (object) => ({ values: (object as Stored).data ?? {} }),
    },
    ...Object.fromEntries(
      ["deployments", "statefulsets", "replicasets"].map((plural) => [
        plural,
        { resource: { group: "apps", version: "v1", plural }, contents: containersOf },
      ]),
    ),
  };
const ALLOWED_HOSTS = "muster.dev/allowed-hosts";

/** Secrets of a cluster, and what else holds values for triggers. Each is watched by its name, so that rights to that one Secret suffice. */
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

  close(): void {
    for (const secret of this.#followed.values()) secret.stop();
    this.#followed.clear();
  }
}

class FollowedSecret {
  readonly followers = new Set<(state: SecretState) => void>();
  readonly #reference: SecretReference;
  readonly #cache: WatchCache<SecretContents>;
  readonly #stop = new AbortController();

  constructor(client: ApiClient, reference: SecretReference) {
    const [plural = "", named] = reference.name.split("/");
    const other = named === undefined ? undefined : OTHERS[plural];
    this.#reference = { ...reference, name: named ?? reference.name };
    const tell = () => {
      for (const follower of [...this.followers]) follower(this.state);
    };
    this.#cache = new WatchCache({
      client,
      resource: other?.resource ?? SECRETS,
      namespace: reference.namespace,
      fieldSelector: `metadata.name=${this.#reference.name}`,
      trim: other?.contents ?? secretContents,
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

type SecretContents = Pick<Extract<SecretState, { state: "present" }>, "values" | "allowedHosts">;

interface Stored {
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template?: { readonly spec?: { readonly containers?: readonly unknown[] } } };
}

/** The containers of a workload's pods, as one text. */
function containersOf(object: KubernetesObject): SecretContents {
  const { spec } = object as Stored;
  const containers = (spec?.template?.spec?.containers ?? []) as readonly Readonly<Record<string, unknown>>[];
  return {
    values: { containers: JSON.stringify(containers.map(({ name, env, envFrom }) => ({ name, env, envFrom }))) },
  };
}

/** A Secret as the API server has it, or as a manifest states it: `stringData` wins over `data`, as on the server. */
interface StoredSecret {
  readonly metadata?: object;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, unknown>>;
}

export function secretContents({ metadata, data, stringData }: StoredSecret): SecretContents {
  const { annotations } = (metadata ?? {}) as { readonly annotations?: Readonly<Record<string, unknown>> };
  const allowedHosts = annotations?.[ALLOWED_HOSTS];
  const decoded = Object.entries(data ?? {}).map(([key, value]) => [
    key,
    Buffer.from(asText(value), "base64").toString(),
  ]);
  const plain = Object.entries(stringData ?? {}).map(([key, value]) => [key, asText(value)]);
  return {
    values: Object.fromEntries([...decoded, ...plain]),
    ...(allowedHosts === undefined ? {} : { allowedHosts: asText(allowedHosts) }),
  };
}

/** In a manifest that no API server has seen, a value may be anything. */
function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
