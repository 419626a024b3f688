/** One look at the demo's world, all parts at about the same moment. */
export interface Observation {
  /** Milliseconds since the burst was sent. */
  readonly at: number;
  /** Messages waiting and in flight. */
  readonly backlog: number;
  /** The Deployment's spec.replicas, and those that are ready. */
  readonly replicas: number;
  readonly ready: number;
  /** The decision that the object's status tells of. */
  readonly decision?: { readonly desiredReplicas: number; readonly reason: string };
}

/** A change of the replica count, with the reason that the object's status or event gave. */
export interface Turn {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly because: string;
}
