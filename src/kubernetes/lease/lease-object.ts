import { resourcePath } from "../objects.ts";
import { KubernetesError } from "../ports.ts";
import { malformed } from "../transport/answer-error.ts";
import type { ApiCall, ApiClient } from "../transport/api-client.ts";

export const LEASES = { group: "coordination.k8s.io", version: "v1", plural: "leases" };

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

export interface Lease {
  readonly resourceVersion: string;
  readonly record: LeaseRecord;
}

export function asLease(answer: unknown): Lease | undefined {
  const { metadata, spec = {} } = (answer ?? {}) as {
    metadata?: { resourceVersion?: unknown };
    spec?: Partial<Record<keyof LeaseRecord, unknown>>;
  };
  if (typeof metadata?.resourceVersion !== "string") return undefined;
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = spec;
  return {
    resourceVersion: metadata.resourceVersion,
    record: {
      holderIdentity: typeof holderIdentity === "string" ? holderIdentity : "",
      leaseDurationSeconds: typeof leaseDurationSeconds === "number" ? leaseDurationSeconds : 0,
      ...(typeof acquireTime === "string" ? { acquireTime } : {}),
      ...(typeof renewTime === "string" ? { renewTime } : {}),
      leaseTransitions: typeof leaseTransitions === "number" ? leaseTransitions : 0,
    },
  };
}

/** A Lease's times have six digits after the point; the API server refuses three. */
export function microTime(milliseconds: number, microseconds = 0): string {
  return new Date(milliseconds).toISOString().replace("Z", `${String(microseconds).padStart(3, "0")}Z`);
}

export class LeaseObject {
  readonly #client: ApiClient;
  readonly #namespace: string;
  readonly #name: string;
  readonly #answered: (milliseconds: number) => void;

  /** `answered` is called with the time that each request took which had an answer. */
  constructor(client: ApiClient, namespace: string, name: string, answered: (milliseconds: number) => void) {
    this.#client = client;
    this.#namespace = namespace;
    this.#name = name;
    this.#answered = answered;
  }

  async read(signal: AbortSignal, timeoutMs: number): Promise<Lease | undefined> {
    try {
      return await this.#call({ method: "GET", path: this.#path, what: "get leases", timeoutMs }, signal);
    } catch (error) {
      if (error instanceof KubernetesError && error.kind === "NotFound") return undefined;
      throw error;
    }
  }

  /** Rejects with Conflict if another client wrote since `resourceVersion`, or made it first. */
  write(
    spec: LeaseRecord,
    resourceVersion: string | undefined,
    signal: AbortSignal,
    timeoutMs: number,
  ): Promise<Lease> {
    const namespace = this.#namespace;
    const metadata = { name: this.#name, namespace, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    const call =
      resourceVersion === undefined
        ? ({ method: "POST", path: resourcePath(LEASES, { namespace }), what: "create leases" } as const)
        : ({ method: "PUT", path: this.#path, what: "update leases" } as const);
    const body = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec };
    return this.#call({ ...call, body, timeoutMs }, signal);
  }

  get #path(): string {
    return resourcePath(LEASES, { namespace: this.#namespace, name: this.#name });
  }

  async #call(call: Omit<ApiCall, "lane">, signal: AbortSignal): Promise<Lease> {
    const begun = performance.now();
    try {
      const lease = asLease(await this.#client.call({ ...call, lane: "lease" }, signal));
      this.#answered(performance.now() - begun);
      if (lease === undefined) throw malformed(call.what, "something that is no Lease");
      return lease;
    } catch (error) {
      // A refusal is an answer too.
      if (error instanceof KubernetesError && error.status !== undefined) this.#answered(performance.now() - begun);
      throw error;
    }
  }
}
