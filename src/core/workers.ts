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
      /** Who said so, as a phrase, such as "RabbitMQ" or "their probes". */
      readonly according: string;
      /** Why fewer can go than are idle, as a clause. */
      readonly heldBecause?: string;
    }
  /** Nobody can say: then every worker counts as busy. */
  | { readonly at: Instant; readonly unknown: string };
