import type { Instant } from "./reading.ts";

/** One worker that works, or may work. */
export interface BusyWorker {
  /** Its pod's name. */
  readonly pod: string;
  /** Since when it has worked, or has been protected, where that is known. */
  readonly since?: Instant;
  /** As a phrase, such as "3 messages not acknowledged" or "its probe did not answer within 2 s". */
  readonly because: string;
}

/** How long pods take to start, by their own times. */
export interface StartUp {
  /** The median. */
  readonly seconds: number;
  readonly pods: number;
}

/** What is known of a workload's workers: who may be stopped without stopping work. */
export type WorkersSeen =
  | {
      readonly at: Instant;
      /** Pods that are there and do not end yet. */
      readonly pods: number;
      /**
       * The idle workers that a scale-down can be made to take, in the order in which they go. Fewer than are idle where
       * Kubernetes would take a busy one first, despite what is written on the pods.
       */
      readonly idle: readonly string[];
      /** Those with the oldest work, or that are protected for longest, last: the order in which they go if they must. */
      readonly busy: readonly BusyWorker[];
      /** How long pods took from being made until they were ready. Absent: none shows it. */
      readonly startUp?: StartUp;
      /** Who said so, as a phrase, such as "RabbitMQ" or "their probes". */
      readonly according: string;
      /** Why fewer can go than are idle, as a clause. */
      readonly heldBecause?: string;
    }
  /** Not known: then every worker counts as busy. */
  | { readonly at: Instant; readonly unknown: string };

/** A pod of a workload, as far as it matters who goes first. */
export interface WorkerPod {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly ip?: string;
  /** spec.hostname, where it is set: else the host name is the pod's name. */
  readonly hostName?: string;
  /** What made it: a ReplicaSet, a StatefulSet. */
  readonly owner?: { readonly kind: string; readonly uid: string };
  /** The node it is assigned to. */
  readonly node?: string;
  readonly phase: "Pending" | "Running" | "Unknown";
  readonly isReady: boolean;
  /** Since when it has been ready. */
  readonly readySince?: Instant;
  /** Of the container that was restarted most often. */
  readonly restarts: number;
  readonly createdAt: Instant;
  /** controller.kubernetes.io/pod-deletion-cost. */
  readonly deletionCost?: { readonly value: number; readonly isOurs: boolean };
  /** muster.dev/protected-until: a moment, or without end. Absent: not protected. */
  readonly protectedUntil?: Instant | "forever";
  /** Deleted, and on its way to its end: it is not one of the workload's number any longer. */
  readonly isEnding: boolean;
}

/** Whether a worker is protected from being stopped at that moment. */
export function isProtected({ protectedUntil = 0 }: Pick<WorkerPod, "protectedUntil">, now: Instant): boolean {
  return protectedUntil === "forever" || protectedUntil > now;
}
