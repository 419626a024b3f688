/** One look at the demo's world. */
export interface Observation {
  /** Milliseconds since the first message was accepted. */
  readonly at: number;
  /** Messages waiting and in flight. */
  readonly backlog: number;
  /** The Deployment's spec.replicas, and those that are ready. */
  readonly replicas: number;
  readonly ready: number;
}

/** A change of the replica count, with the reason that Muster gave. */
export interface Turn {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly because: string;
}
