import type { WorkloadReference } from "../../core/index.ts";
import type { Resource } from "../objects.ts";
import { KubernetesError, type WorkloadState, type Workloads } from "../ports.ts";
import { type ApiClient, keepWarm } from "../transport/api-client.ts";
import type { WatchHealth } from "../watch/watch-cache.ts";
import { type Follower, KindWatch } from "./kind-watch.ts";
import { Rivals, targetKey } from "./rivals.ts";
import { findWorkloadKind, kindKey, patchScale, readScale, type Scale } from "./scale-subresource.ts";

/** A kind without followers is watched this much longer: objects are often deleted and created again. */
const LINGER_MS = 60_000;
const RISE_ATTEMPTS = 5;

type ScaleChange = Parameters<Workloads["scale"]>[1];

interface ScaleTarget {
  readonly resource: Resource;
  readonly workload: WorkloadReference;
  /** Absent if the workload is not followed. */
  readonly watch: KindWatch | undefined;
}

/** The workloads of a cluster: one watch for each followed kind, and one of HorizontalPodAutoscalers. */
export class ClusterWorkloads implements Workloads {
  readonly #client: ApiClient;
  readonly #namespace: string | undefined;
  readonly #kinds = new Map<string, KindWatch>();
  readonly #lingering = new Map<string, NodeJS.Timeout>();
  readonly #rivals: Rivals;
  readonly #stop = new AbortController();
  #scalings = 0;
  #begun = false;

  /** `namespace` absent: all namespaces. */
  constructor({ client, namespace }: { readonly client: ApiClient; readonly namespace?: string | undefined }) {
    this.#client = client;
    this.#namespace = namespace;
    this.#rivals = new Rivals(client, namespace, (target) => {
      for (const kind of this.#kinds.values()) {
        if (target.startsWith(kind.targetKind)) kind.tell(target.slice(kind.targetKind.length));
      }
    });
  }

  follow(workload: WorkloadReference, changed: (state: WorkloadState) => void): { stop(): void } {
    const kind = this.#kind(workload);
    const following = new Following(this, kind, workload, changed);
    kind.add(following);
    this.#begin();
    following.changed();
    return following;
  }

  unfollow(kind: KindWatch, follower: Follower): void {
    kind.remove(follower);
    if (!kind.isFollowed) this.#linger(kindKey(follower.workload), kind);
  }

  stateOf(kind: KindWatch, workload: WorkloadReference): WorkloadState {
    const known = kind.get(workload);
    if (known.state !== "present") return known;
    const { uid, resourceVersion, replicas, available, owner, isOwnerKnown } = known;
    const rivals = this.#rivals.of(targetKey(workload));
    const rewriter = kind.rewriter(workload);
    return {
      state: "present",
      uid,
      resourceVersion,
      replicas,
      ...(available === undefined ? {} : { availableReplicas: available }),
      ...(owner?.isUs || isOwnerKnown ? { setBy: owner?.isUs ? "us" : "another" } : {}),
      // A HorizontalPodAutoscaler is known by its name; its controller rewrites the number for it.
      rivals: rewriter === undefined || rivals.length > 0 ? rivals : [rewriter],
    };
  }

  get isScaling(): boolean {
    return this.#scalings > 0;
  }

  async scale(workload: WorkloadReference, change: ScaleChange, signal: AbortSignal): Promise<void> {
    this.#scalings += 1;
    try {
      await this.#scale(workload, change, signal);
    } finally {
      this.#scalings -= 1;
    }
  }

  async #scale(workload: WorkloadReference, change: ScaleChange, signal: AbortSignal): Promise<void> {
    const followed = this.#kinds.get(kindKey(workload));
    const watch = followed?.kind === undefined ? undefined : followed;
    const { resource } = watch?.kind ?? (await findWorkloadKind(this.#client, workload, signal));
    const target = { resource, workload, watch };
    let { conflict, scale } = await this.#patch(target, change, signal);
    // Any change of the object makes a conflict, mostly one that does not matter: a rise does not wait for that.
    for (let attempt = 2; attempt <= RISE_ATTEMPTS && conflict !== undefined; attempt += 1) {
      if (change.to < change.from || scale === undefined || change.to <= scale.replicas) break;
      const { replicas: from, resourceVersion } = scale;
      ({ conflict, scale } = await this.#patch(target, { from, to: change.to, resourceVersion }, signal));
    }
    if (conflict !== undefined) throw conflict;
  }

  health(): WatchHealth[] {
    const watches = [...this.#kinds.values()].map((kind) => kind.health());
    return [...watches, this.#begun ? this.#rivals.health() : undefined].filter((health) => health !== undefined);
  }

  close(): void {
    this.#stop.abort();
    for (const timer of this.#lingering.values()) clearTimeout(timer);
    this.#lingering.clear();
    for (const kind of this.#kinds.values()) kind.stop();
    this.#kinds.clear();
  }

  /** The scale after the write, or, with the conflict that refused it, as it is now, where that can be read. */
  async #patch(
    target: ScaleTarget,
    change: ScaleChange,
    signal: AbortSignal,
  ): Promise<{ conflict?: KubernetesError; scale?: Scale }> {
    const { resource, workload, watch } = target;
    const { to: replicas, resourceVersion } = change;
    watch?.beginWrite(workload, change);
    try {
      const scale = await patchScale(this.#client, resource, workload, { replicas, resourceVersion }, signal);
      watch?.endWrite(workload, scale);
      return { scale };
    } catch (error) {
      if (!(error instanceof KubernetesError && error.kind === "Conflict")) throw error;
      return { conflict: error, ...(await this.#readAgain(target, signal)) };
    }
  }

  /** After a conflict the watch may still be behind: the next decision must see what the server sees. */
  async #readAgain({ resource, workload, watch }: ScaleTarget, signal: AbortSignal): Promise<{ scale?: Scale }> {
    try {
      const scale = await (watch?.readAgain(workload, signal) ?? readScale(this.#client, resource, workload, signal));
      return scale === undefined ? {} : { scale };
    } catch (error) {
      // Then the watch brings it, a little later; the conflict is what the caller must hear of.
      if (!(error instanceof KubernetesError)) throw error;
      return {};
    }
  }

  #kind(workload: WorkloadReference): KindWatch {
    const key = kindKey(workload);
    clearTimeout(this.#lingering.get(key));
    this.#lingering.delete(key);
    const present = this.#kinds.get(key);
    if (present !== undefined) return present;
    const kind = new KindWatch(this.#client, workload, this.#namespace);
    this.#kinds.set(key, kind);
    return kind;
  }

  #linger(key: string, kind: KindWatch): void {
    if (this.#stop.signal.aborted || this.#lingering.has(key)) return;
    const end = () => {
      this.#lingering.delete(key);
      this.#kinds.delete(key);
      kind.stop();
    };
    this.#lingering.set(key, setTimeout(end, LINGER_MS));
  }

  /** With the first follower: what serves them all. */
  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    void this.#rivals.run(this.#stop.signal);
    void keepWarm(this.#client, "scale", this.#stop.signal);
  }
}

/** One follower of a workload. There is one for each autoscaler, so it holds only what differs. */
class Following implements Follower {
  readonly workload: WorkloadReference;
  readonly #cluster: ClusterWorkloads;
  readonly #kind: KindWatch;
  readonly #heard: (state: WorkloadState) => void;

  constructor(
    cluster: ClusterWorkloads,
    kind: KindWatch,
    workload: WorkloadReference,
    heard: (state: WorkloadState) => void,
  ) {
    this.workload = workload;
    this.#cluster = cluster;
    this.#kind = kind;
    this.#heard = heard;
  }

  changed(): void {
    this.#heard(this.#cluster.stateOf(this.#kind, this.workload));
  }

  stop(): void {
    this.#cluster.unfollow(this.#kind, this);
  }
}
