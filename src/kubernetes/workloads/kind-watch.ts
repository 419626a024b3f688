import type { WorkloadReference } from "../../core/index.ts";
import { type KubernetesObject, objectKey } from "../objects/kubernetes-object.ts";
import type { ApiClient } from "../transport/api-client.ts";
import type { Entry } from "../watch/object-store.ts";
import { WatchCache, type WatchHealth } from "../watch/watch-cache.ts";
import { AskedScales } from "./asked-scales.ts";
import type { KnownWorkload, Replicas } from "./known-workload.ts";
import type { Scale } from "./scale-subresource.ts";
import type { WorkloadKind } from "./workload-kind.ts";

/** The workloads of one kind, from one watch. */
export class KindWatch {
  readonly kind: WorkloadKind;
  readonly #cache: WatchCache<Replicas>;
  readonly #asked: AskedScales | undefined;

  /** `changed` is called with an objectKey; with none, when all of them may look different. */
  constructor(
    client: ApiClient,
    kind: WorkloadKind,
    namespace: string | undefined,
    changed: (key?: string) => void,
    signal: AbortSignal,
  ) {
    this.kind = kind;
    this.#asked = kind.hasPlainReplicas ? undefined : new AskedScales(client, kind.resource, changed, signal);
    this.#cache = new WatchCache({
      client,
      resource: kind.resource,
      namespace,
      trim: (object) => replicasOf(object, kind.hasPlainReplicas),
      changed: (key, now) => {
        this.#asked?.look(key, now);
        changed(key);
      },
      stateChanged: () => changed(),
    });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#cache.run(signal);
  }

  /** Of a custom kind, /scale is asked for the workloads that somebody follows and no others. */
  follow({ namespace, name }: WorkloadReference): void {
    this.#asked?.follow(objectKey(namespace, name), this.#cache.get(namespace, name));
  }

  unfollow({ namespace, name }: WorkloadReference): void {
    this.#asked?.unfollow(objectKey(namespace, name));
  }

  get({ namespace, name }: WorkloadReference): KnownWorkload {
    const entry = this.#cache.get(namespace, name);
    if (entry === undefined) return this.#cache.isSynced ? { state: "missing" } : this.#notSynced();
    return this.#asked === undefined ? present(entry) : this.#asked.get(objectKey(namespace, name), entry.value);
  }

  /** Takes in the answer of a write or a look at /scale. */
  learn({ namespace, name }: WorkloadReference, scale: Scale): void {
    const known = this.#cache.get(namespace, name);
    if (this.#asked !== undefined) this.#asked.learn(objectKey(namespace, name), scale);
    // A workload that the watch does not know yet comes by the watch, with all that belongs to it.
    else if (known !== undefined) {
      const { uid, resourceVersion, replicas } = scale;
      this.#cache.learn(namespace, name, { uid, resourceVersion, value: { ...known.value, replicas } });
    }
  }

  health(): WatchHealth {
    return this.#cache.health();
  }

  #notSynced(): KnownWorkload {
    const because = this.#cache.failure?.message ?? `the first list of ${this.#cache.health().resource} is on its way`;
    return { state: "unknown", because };
  }
}

function present({ uid, resourceVersion, value }: Entry<Replicas>): KnownWorkload {
  return { state: "present", uid, resourceVersion, ...value };
}

function replicasOf({ spec, status }: KubernetesObject, isBuiltIn: boolean): Replicas {
  const { replicas } = (spec ?? {}) as { replicas?: unknown };
  const { availableReplicas } = (status ?? {}) as { availableReplicas?: unknown };
  return {
    // The API's own default.
    replicas: typeof replicas === "number" ? replicas : 1,
    // Built-in kinds leave a zero out; a custom kind may not have the field at all.
    ...(typeof availableReplicas === "number" ? { available: availableReplicas } : isBuiltIn ? { available: 0 } : {}),
  };
}
