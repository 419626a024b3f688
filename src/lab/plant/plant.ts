import type { Ledger } from "./ledger.ts";

/** The queue and its workers as they are, whatever a source says of them. Times in milliseconds from the start. */
export interface Plant {
  readonly mode: "exact" | "batch";
  readonly now: number;
  readonly ledger: Ledger;
  readonly waiting: number;
  /** Taken and unfinished, by workers that stop as well. */
  readonly inFlight: number;
  /** When the oldest waiting message arrived; Infinity while none waits. */
  readonly oldestArrival: number;
  /** Taken since the start. */
  readonly taken: number;
  /** Asked for: starting and ready. */
  readonly replicas: number;
  readonly ready: number;
  /** Ready workers that have something to do. */
  readonly busy: number;
  /** Starting, ready, and stopping. */
  readonly workers: number;
  /** Lets time pass until `to`, or with `untilArrival` until the first message before that has arrived. */
  advance(to: number, untilArrival?: boolean): void;
  /** Asks for so many replicas, now. */
  scale(replicas: number): void;
  /** The run is over: what still waits is counted. */
  finish(): void;
}

/** What workers are like. */
export interface Workers {
  /** Messages that a worker works on at once. */
  readonly concurrency: number;
  /** Until a new worker takes its first message. */
  readonly startUpSeconds: number;
  /** Start-up times vary by up to this share, to both sides. */
  readonly startUpJitter: number;
  /** A worker that is told to stop may work so long on what it has; then that goes back to the queue. */
  readonly graceSeconds: number;
  /** Which go first. newest: as a ReplicaSet chooses, starting ones before ready ones. idle: those without work. */
  readonly victims: "newest" | "idle";
}
