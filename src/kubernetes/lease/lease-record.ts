/** spec of a coordination.k8s.io/v1 Lease, as far as leader election uses it. */
export interface LeaseRecord {
  /** Empty: given back. */
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  /** RFC 3339 with microseconds; shown to people, never compared with a clock. */
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions: number;
}

/** A lease as the server has it. */
export interface Lease {
  readonly resourceVersion: string;
  readonly record: LeaseRecord;
}

/** Reads a Lease object; undefined for what is none. */
export function asLease(answer: unknown): Lease | undefined {
  const { metadata, spec } = (answer ?? {}) as {
    metadata?: { resourceVersion?: unknown };
    spec?: Partial<LeaseRecord>;
  };
  if (typeof metadata?.resourceVersion !== "string") return undefined;
  return {
    resourceVersion: metadata.resourceVersion,
    record: {
      holderIdentity: typeof spec?.holderIdentity === "string" ? spec.holderIdentity : "",
      leaseDurationSeconds: typeof spec?.leaseDurationSeconds === "number" ? spec.leaseDurationSeconds : 0,
      ...(typeof spec?.acquireTime === "string" ? { acquireTime: spec.acquireTime } : {}),
      ...(typeof spec?.renewTime === "string" ? { renewTime: spec.renewTime } : {}),
      leaseTransitions: typeof spec?.leaseTransitions === "number" ? spec.leaseTransitions : 0,
    },
  };
}

/** A Lease's times have six digits after the point; the API server refuses three. */
export function microTime(milliseconds: number, microseconds = 0): string {
  return new Date(milliseconds).toISOString().replace("Z", `${String(microseconds).padStart(3, "0")}Z`);
}
