import type { BusyWorker } from "../../core/index.ts";
import type { Ledger } from "./ledger.ts";

/** The simulated queue and its workers. Times in milliseconds from the start. */
export interface Plant {
  readonly mode: "exact" | "batch";
  readonly now: number;
  readonly ledger: Ledger;
  readonly waiting: number;
  /** Taken and unfinished, on stopping workers too. */
  readonly inFlight: number;
  /** Infinity while no message waits. */
  readonly oldestArrival: number;
  /** Taken since the start. */
  readonly taken: number;
  /** Starting and ready. */
  readonly replicas: number;
  readonly ready: number;
  /** Ready workers with at least one message. */
  readonly busy: number;
  /** Starting, ready, and stopping. */
  readonly workers: number;
  /** Advances to `to`, or with `untilArrival` to the next arrival if that is earlier. */
  advance(to: number, untilArrival?: boolean): void;
  scale(replicas: number): void;
  /** Ends the run: messages still in the system are counted. */
  finish(): void;
}

export interface Workers {
  /** Messages that a worker works on at the same time. */
  readonly concurrency: number;
  /** Time from a scaling to the first message of a new worker. */
  readonly startUpSeconds: number;
  /** Start-up times vary by up to this share in both directions. */
  readonly startUpJitter: number;
  /** How long a stopped worker may finish its messages; the rest returns to the queue. */
  readonly graceSeconds: number;
  /** Which workers stop first. newest: as a ReplicaSet chooses, starting before ready. idle: those without work. */
  readonly victims: "newest" | "idle";
  /** Workers are Jobs: each ends after so many messages, or where none waits. */
  readonly messagesPerJob?: number | undefined;
}

/** Workers of which only the number is known. */
export function namedWorkers(
  idle: number,
  busy: number,
): { readonly idle: readonly string[]; readonly busy: readonly BusyWorker[] } {
  const names = (count: number, kind: string) => Array.from({ length: count }, (_, index) => `${kind}-${index + 1}`);
  return {
    idle: names(idle, "idle"),
    busy: names(busy, "busy").map((pod) => ({ pod, because: "works on a message" })),
  };
}
