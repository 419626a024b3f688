import { InternPool, type WorkloadReference } from "../../core/index.ts";
import { pause } from "../../shared/async.ts";
import { Retries } from "../../shared/retries.ts";
import { type KubernetesObject, objectKey } from "../objects.ts";
import type { KubernetesError } from "../ports.ts";
import { type ApiClient, SERVER_BACKOFF } from "../transport/api-client.ts";
import type { Entry } from "../watch/object-store.ts";
import { WatchCache, type WatchHealth } from "../watch/watch-cache.ts";
import {
  FIELD_MANAGER,
  type KnownWorkload,
  notesSubresources,
  type Replicas,
  type ReplicasOwner,
  Rewrites,
  replicasOwner,
} from "./rewrites.ts";
import { targetKind } from "./rivals.ts";
import {
  CustomScales,
  findWorkloadKind,
  kindKey,
  readScale,
  type Scale,
  type WorkloadKind,
} from "./scale-subresource.ts";

export interface Follower {
  readonly workload: WorkloadReference;
  /** Its state may have changed. */
  changed(): void;
}

type Name = Pick<WorkloadReference, "namespace" | "name">;

/** The followed workloads of one kind: the kind is found by discovery, then watched, until `stop`. */
export class KindWatch {
  /** What targetKey begins with for its workloads. */
  readonly targetKind: string;
  readonly #client: ApiClient;
  readonly #namespace: string | undefined;
  readonly #followers = new Map<string, readonly Follower[]>();
  readonly #rewrites = new Rewrites((key) => this.tell(key));
  readonly #stop = new AbortController();
  #kind: WorkloadKind | undefined;
  #cache: WatchCache<Replicas> | undefined;
  /** Present for a custom kind. */
  #customScales: CustomScales | undefined;
  #because: string;

  /** Any workload of the kind serves as `example`. */
  constructor(client: ApiClient, example: WorkloadReference, namespace: string | undefined) {
    this.#client = client;
    this.#namespace = namespace;
    this.targetKind = targetKind(example);
    this.#because = `${kindKey(example)} is being looked up`;
    void this.#run(example);
  }

  get isFollowed(): boolean {
    return this.#followers.size > 0;
  }

  /** Undefined until the kind is found. */
  get kind(): WorkloadKind | undefined {
    return this.#kind;
  }

  add(follower: Follower): void {
    const key = keyOf(follower.workload);
    this.#followers.set(key, (this.#followers.get(key) ?? []).concat(follower));
    this.#askFor(follower);
  }

  remove(follower: Follower): void {
    const key = keyOf(follower.workload);
    const left = (this.#followers.get(key) ?? []).filter((other) => other !== follower);
    if (left.length > 0) this.#followers.set(key, left);
    else if (this.#followers.delete(key)) {
      this.#customScales?.unfollow(key);
      this.#rewrites.forget(key);
    }
  }

  /** Tells the followers of one workload, or, with no key, all. */
  tell(key?: string): void {
    const followed = key === undefined ? [...this.#followers.values()] : [this.#followers.get(key) ?? []];
    for (const followers of followed) for (const follower of followers) follower.changed();
  }

  get({ namespace, name }: Name): KnownWorkload {
    const entry = this.#cache?.get(namespace, name);
    if (entry !== undefined) {
      return this.#customScales === undefined
        ? present(entry)
        : this.#customScales.get(objectKey(namespace, name), entry.value);
    }
    if (this.#cache === undefined) return { state: "unknown", because: this.#because };
    if (this.#cache.isSynced) return { state: "missing" };
    const { failure } = this.#cache;
    const because = failure?.message ?? `the first list of ${this.#cache.health().resource} is on its way`;
    return { state: "unknown", because };
  }

  /** Who rewrites the number again and again that we set, as a clause. */
  rewriter(workload: Name): string | undefined {
    return this.#rewrites.describe(keyOf(workload));
  }

  beginWrite(workload: Name, { from, to }: { readonly from: number; readonly to: number }): void {
    const known = this.get(workload);
    this.#rewrites.beginWrite(keyOf(workload), from, to, known.state === "present" ? known.owner : undefined);
  }

  /** Takes in the answer of a write of ours. */
  endWrite({ namespace, name }: Name, scale: Scale): void {
    const key = objectKey(namespace, name);
    this.#rewrites.endWrite(key, scale.replicas);
    const known = this.#cache?.get(namespace, name);
    if (this.#customScales !== undefined) this.#customScales.learn(key, scale);
    // A workload that the watch does not know yet comes by the watch, with all that belongs to it.
    else if (known !== undefined) {
      const { uid, resourceVersion, replicas } = scale;
      this.#cache?.learn(namespace, name, { uid, resourceVersion, value: { ...known.value, replicas, owner: US } });
    }
  }

  /** Reads the workload again where the watch may be behind. Undefined: it is gone. */
  async readAgain(workload: WorkloadReference, signal: AbortSignal): Promise<Scale | undefined> {
    if (this.#customScales !== undefined && this.#kind !== undefined) {
      const scale = await readScale(this.#client, this.#kind.resource, workload, signal);
      this.#customScales.learn(keyOf(workload), scale);
      return scale;
    }
    await this.#cache?.read(workload.namespace, workload.name, signal);
    const known = this.get(workload);
    return known.state === "present" ? known : undefined;
  }

  health(): WatchHealth | undefined {
    return this.#cache?.health();
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Never rejects. */
  async #run(example: WorkloadReference): Promise<void> {
    const { signal } = this.#stop;
    const kind = await this.#find(example, signal);
    if (kind === undefined) return;
    this.#kind = kind;
    const { resource, hasPlainReplicas } = kind;
    const changed = (key: string) => this.#changed(key);
    this.#customScales = hasPlainReplicas ? undefined : new CustomScales(this.#client, resource, changed, signal);
    this.#cache = new WatchCache({
      client: this.#client,
      resource,
      namespace: this.#namespace,
      trim: (object) => replicasOf(object, hasPlainReplicas),
      changed: (key, now) => {
        this.#customScales?.objectChanged(key, now);
        this.#changed(key);
      },
      stateChanged: () => this.tell(),
    });
    for (const [follower] of this.#followers.values()) if (follower) this.#askFor(follower);
    await this.#cache.run(signal);
    this.#rewrites.close();
  }

  /** Tries until the kind is there: its CustomResourceDefinition may come later. Undefined once stopped. */
  async #find(example: WorkloadReference, signal: AbortSignal): Promise<WorkloadKind | undefined> {
    const backoff = new Retries(SERVER_BACKOFF);
    while (!signal.aborted) {
      try {
        return await findWorkloadKind(this.#client, example, signal);
      } catch (error) {
        if (signal.aborted) break;
        const { message, retryAfterSeconds } = error as KubernetesError;
        const isNew = message !== this.#because;
        this.#because = message;
        if (isNew) this.tell();
        await pause(backoff.next(retryAfterSeconds), signal);
      }
    }
    return undefined;
  }

  #changed(key: string): void {
    const [namespace = "", name = ""] = key.split("/");
    const known = this.get({ namespace, name });
    if (known.state === "present") this.#rewrites.observe(key, known);
    this.tell(key);
  }

  /** Of a custom kind, /scale is read for the followed workloads alone. */
  #askFor({ workload }: Follower): void {
    this.#customScales?.follow(keyOf(workload), this.#cache?.get(workload.namespace, workload.name));
  }
}

function keyOf({ namespace, name }: Name): string {
  return objectKey(namespace, name);
}

const US: ReplicasOwner = { manager: FIELD_MANAGER, operation: "Update", isUs: true };
const owners = new InternPool<ReplicasOwner>();

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
