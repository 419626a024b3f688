import { Alike, type WorkloadReference } from "../../core/index.ts";
import { type KubernetesObject, objectKey } from "../objects.ts";
import type { ApiClient } from "../transport/api-client.ts";
import type { Entry } from "../watch/object-store.ts";
import { WatchCache, type WatchHealth } from "../watch/watch-cache.ts";
import { AskedScales } from "./asked-scales.ts";
import {
  FIELD_MANAGER,
  type KnownWorkload,
  notesSubresources,
  type Replicas,
  type ReplicasOwner,
  Rewrites,
  replicasOwner,
} from "./rewrites.ts";
import { readScale, type Scale, type WorkloadKind } from "./scale-subresource.ts";

/** The workloads of one kind, from one watch. */
export class KindWatch {
  readonly kind: WorkloadKind;
  readonly #cache: WatchCache<Replicas>;
  readonly #asked: AskedScales | undefined;
  readonly #rewrites: Rewrites;
  readonly #client: ApiClient;

  /** `changed` is called with an objectKey; with none, when all of them may look different. */
  constructor(
    client: ApiClient,
    kind: WorkloadKind,
    namespace: string | undefined,
    changed: (key?: string) => void,
    signal: AbortSignal,
  ) {
    this.kind = kind;
    this.#client = client;
    this.#rewrites = new Rewrites(changed);
    const tell = (key: string) => {
      const [workloadNamespace = "", name = ""] = key.split("/");
      const known = this.get({ namespace: workloadNamespace, name });
      if (known.state === "present") this.#rewrites.saw(key, known);
      changed(key);
    };
    this.#asked = kind.hasPlainReplicas ? undefined : new AskedScales(client, kind.resource, tell, signal);
    this.#cache = new WatchCache({
      client,
      resource: kind.resource,
      namespace,
      trim: (object) => replicasOf(object, kind.hasPlainReplicas),
      changed: (key, now) => {
        this.#asked?.look(key, now);
        tell(key);
      },
      stateChanged: () => changed(),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#cache.run(signal);
    this.#rewrites.close();
  }

  /** Of a custom kind, /scale is asked for the workloads that somebody follows and no others. */
  follow({ namespace, name }: WorkloadReference): void {
    this.#asked?.follow(objectKey(namespace, name), this.#cache.get(namespace, name));
  }

  unfollow({ namespace, name }: WorkloadReference): void {
    this.#asked?.unfollow(objectKey(namespace, name));
    this.#rewrites.forget(objectKey(namespace, name));
  }

  get({ namespace, name }: Pick<WorkloadReference, "namespace" | "name">): KnownWorkload {
    const entry = this.#cache.get(namespace, name);
    if (entry === undefined) return this.#cache.isSynced ? { state: "missing" } : this.#notSynced();
    return this.#asked === undefined ? present(entry) : this.#asked.get(objectKey(namespace, name), entry.value);
  }

  /** Who rewrites the number again and again that we set, as a clause. */
  rewriter({ namespace, name }: WorkloadReference): string | undefined {
    return this.#rewrites.of(objectKey(namespace, name));
  }

  /** A write of ours begins. */
  writing(workload: WorkloadReference, { from, to }: { readonly from: number; readonly to: number }): void {
    const known = this.get(workload);
    const owner = known.state === "present" ? known.owner : undefined;
    this.#rewrites.writing(objectKey(workload.namespace, workload.name), from, to, owner);
  }

  /** Takes in the answer of a write of ours. */
  wrote(workload: WorkloadReference, scale: Scale): void {
    this.#rewrites.wrote(objectKey(workload.namespace, workload.name), scale.replicas);
    this.#learn(workload, scale);
  }

  /** Reads the workload again where the watch may be behind. Undefined: it is gone. */
  async readAgain(workload: WorkloadReference, signal: AbortSignal): Promise<Scale | undefined> {
    const { namespace, name } = workload;
    if (this.#asked !== undefined) {
      const scale = await readScale(this.#client, this.kind.resource, workload, signal);
      this.#asked.learn(objectKey(namespace, name), scale);
      return scale;
    }
    await this.#cache.read(namespace, name, signal);
    const known = this.get(workload);
    return known.state === "present" ? known : undefined;
  }

  #learn({ namespace, name }: WorkloadReference, scale: Scale): void {
    const known = this.#cache.get(namespace, name);
    if (this.#asked !== undefined) this.#asked.learn(objectKey(namespace, name), scale);
    // A workload that the watch does not know yet comes by the watch, with all that belongs to it.
    else if (known !== undefined) {
      const { uid, resourceVersion, replicas } = scale;
      this.#cache.learn(namespace, name, { uid, resourceVersion, value: { ...known.value, replicas, owner: US } });
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

const US: ReplicasOwner = { manager: FIELD_MANAGER, operation: "Update", isUs: true };
const owners = new Alike<ReplicasOwner>();

function present({ uid, resourceVersion, value }: Entry<Replicas>): KnownWorkload {
  return { state: "present", uid, resourceVersion, ...value };
}

function replicasOf({ metadata, spec, status }: KubernetesObject, isBuiltIn: boolean): Replicas {
  const { replicas } = (spec ?? {}) as { replicas?: unknown };
  const { availableReplicas } = (status ?? {}) as { availableReplicas?: unknown };
  const owner = replicasOwner(metadata.managedFields);
  return {
    // The API's own default.
    replicas: typeof replicas === "number" ? replicas : 1,
    // Built-in kinds leave a zero out; a custom kind may not have the field at all.
    ...(typeof availableReplicas === "number" ? { available: availableReplicas } : isBuiltIn ? { available: 0 } : {}),
    ...(owner === undefined ? {} : { owner: owners.of(owner) }),
    ...(notesSubresources(metadata.managedFields) ? { isOwnerKnown: true } : {}),
  };
}
