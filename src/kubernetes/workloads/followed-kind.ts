import type { WorkloadReference } from "../../core/index.ts";
import { pause } from "../../shared/async.ts";
import { Retries } from "../../shared/retries.ts";
import { objectKey } from "../objects.ts";
import type { KubernetesError } from "../ports.ts";
import { type ApiClient, SERVER_BACKOFF } from "../transport/api-client.ts";
import { KindWatch } from "./kind-watch.ts";
import type { KnownWorkload } from "./rewrites.ts";
import { targetKind } from "./rivals.ts";
import { findWorkloadKind, kindKey, type WorkloadKind } from "./scale-subresource.ts";

/** Someone who wants to know about one workload. */
export interface Follower {
  readonly workload: WorkloadReference;
  /** Its state may have changed. */
  changed(): void;
}

/** A kind of workloads that somebody follows: found by discovery, then watched, until `stop`. */
export class FollowedKind {
  readonly #client: ApiClient;
  readonly #namespace: string | undefined;
  /** What targetKey begins with for its workloads. */
  readonly targetKind: string;
  readonly #followers = new Map<string, readonly Follower[]>();
  readonly #stop = new AbortController();
  #watch: KindWatch | undefined;
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

  get watch(): KindWatch | undefined {
    return this.#watch;
  }

  add(follower: Follower): void {
    const key = keyOf(follower);
    this.#followers.set(key, (this.#followers.get(key) ?? []).concat(follower));
    this.#watch?.follow(follower.workload);
  }

  remove(follower: Follower): void {
    const key = keyOf(follower);
    const left = (this.#followers.get(key) ?? []).filter((other) => other !== follower);
    if (left.length > 0) this.#followers.set(key, left);
    else if (this.#followers.delete(key)) this.#watch?.unfollow(follower.workload);
  }

  /** Tells the followers of one workload, or, with no key, all. */
  tell(key?: string): void {
    const told = key === undefined ? [...this.#followers.values()] : [this.#followers.get(key) ?? []];
    for (const followers of told) for (const follower of followers) follower.changed();
  }

  get(workload: WorkloadReference): KnownWorkload {
    return this.#watch?.get(workload) ?? { state: "unknown", because: this.#because };
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Never rejects. */
  async #run(example: WorkloadReference): Promise<void> {
    const { signal } = this.#stop;
    const kind = await this.#found(example, signal);
    if (kind === undefined) return;
    this.#watch = new KindWatch(this.#client, kind, this.#namespace, (key) => this.tell(key), signal);
    for (const [follower] of this.#followers.values()) if (follower) this.#watch.follow(follower.workload);
    await this.#watch.run(signal);
  }

  /** Looked for until it is there: its CustomResourceDefinition may come later. Undefined once stopped. */
  async #found(example: WorkloadReference, signal: AbortSignal): Promise<WorkloadKind | undefined> {
    const retries = new Retries(SERVER_BACKOFF);
    while (!signal.aborted) {
      try {
        return await findWorkloadKind(this.#client, example, signal);
      } catch (error) {
        if (signal.aborted) break;
        const { message, retryAfterSeconds } = error as KubernetesError;
        const isNew = message !== this.#because;
        this.#because = message;
        if (isNew) this.tell();
        await pause(retries.next(retryAfterSeconds), signal);
      }
    }
    return undefined;
  }
}

function keyOf({ workload }: Follower): string {
  return objectKey(workload.namespace, workload.name);
}
