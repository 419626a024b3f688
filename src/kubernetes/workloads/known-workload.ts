/** All that is kept of a workload, beside its version. */
export interface Replicas {
  readonly replicas: number;
  readonly available?: number;
}

/** A workload as its kind's watch knows it. */
export type KnownWorkload =
  | { readonly state: "unknown"; readonly because: string }
  | { readonly state: "missing" }
  | ({ readonly state: "present"; readonly uid: string; readonly resourceVersion: string } & Replicas);
