import type { JobsSeen } from "./jobs.ts";

/** What is known of one workload. */
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
      /** Of an autoscaler's Jobs, which have no scale that a write would leave: what is shown is what is there. */
      readonly jobs?: JobsSeen;
    };
