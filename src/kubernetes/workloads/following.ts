import type { WorkloadReference } from "../../core/index.ts";
import type { WorkloadState } from "../ports/workloads.ts";
import type { FollowedKind, Follower } from "./followed-kind.ts";

/** What a following needs of the cluster's workloads. */
export interface FollowedCluster {
  stateOf(kind: FollowedKind, workload: WorkloadReference): WorkloadState;
  unfollow(kind: FollowedKind, follower: Follower): void;
}

/** Somebody who follows one workload. There is one for each autoscaler, so it holds nothing but what differs. */
export class Following implements Follower {
  readonly workload: WorkloadReference;
  readonly #cluster: FollowedCluster;
  readonly #kind: FollowedKind;
  readonly #heard: (state: WorkloadState) => void;

  constructor(
    cluster: FollowedCluster,
    kind: FollowedKind,
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
