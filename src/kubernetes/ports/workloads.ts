import type { WorkloadReference } from "../../core/index.ts";

/** What the cache knows about one workload. */
export type WorkloadState =
  /** Not synced yet, or the API server cannot tell (kind not served, forbidden): `because` says why. */
  | { readonly state: "unknown"; readonly because: string }
  | { readonly state: "missing" }
  | {
      readonly state: "present";
      readonly uid: string;
      readonly resourceVersion: string;
      /** spec.replicas. */
      readonly replicas: number;
      readonly availableReplicas?: number;
      /** Who set spec.replicas last. Absent where the API server does not note it (before 1.22, and by no Update yet). */
      readonly setBy?: "us" | "another";
      /**
       * Others that scale it too, such as "HorizontalPodAutoscaler shop/sms-sender", or a field manager that changed our
       * number again and again.
       */
      readonly rivals: readonly string[];
    };

/** Reads and scales workloads: everything with a scale subresource. */
export interface Workloads {
  /**
   * Calls back at once with what is known, then on every change, until stopped. Shares one watch per kind. `changed`
   * must not throw.
   */
  follow(workload: WorkloadReference, changed: (state: WorkloadState) => void): { stop(): void };
  /**
   * Sets spec.replicas through the scale subresource and changes nothing else, and only of the resourceVersion it was
   * decided on. Where the workload has changed since, a rise that is still one is tried again at once; a scale-down
   * rejects with Conflict. Rejects with a KubernetesError.
   */
  scale(
    workload: WorkloadReference,
    change: { readonly from: number; readonly to: number; readonly resourceVersion?: string },
    signal: AbortSignal,
  ): Promise<void>;
}
