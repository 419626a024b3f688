import type { ReplicasOwner } from "./replicas-owner.ts";

/** All that is kept of a workload, beside its version. */
export interface Replicas {
  readonly replicas: number;
  readonly available?: number;
  readonly owner?: ReplicasOwner;
  /** The API server notes all who set the replicas, so that `owner` is who did it last. */
  readonly isOwnerKnown?: true;
}

/** A workload as its kind's watch knows it. */
export type KnownWorkload =
  | { readonly state: "unknown"; readonly because: string }
  | { readonly state: "missing" }
  | ({ readonly state: "present"; readonly uid: string; readonly resourceVersion: string } & Replicas);
