import { resourcePath } from "../objects.ts";
import { KubernetesError } from "../ports.ts";
import { malformed } from "../transport/answer-error.ts";
import type { ApiCall, ApiClient } from "../transport/api-client.ts";

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

export const LEASES = { group: "coordination.k8s.io", version: "v1", plural: "leases" };

/** One Lease in the API server. */
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

  /** Undefined where there is none yet. */
  async read(signal: AbortSignal, timeoutMs: number): Promise<Lease | undefined> {
    try {
      return await this.#call({ method: "GET", path: this.#path, what: "get leases" }, signal, timeoutMs);
    } catch (error) {
      if (error instanceof KubernetesError && error.kind === "NotFound") return undefined;
      throw error;
    }
  }

  /** Rejects with Conflict where somebody else wrote since `resourceVersion`, or made it first. */
  write(
    record: LeaseRecord,
    resourceVersion: string | undefined,
    signal: AbortSignal,
    timeoutMs: number,
  ): Promise<Lease> {
    const isNew = resourceVersion === undefined;
    const body = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: this.#name, namespace: this.#namespace, ...(isNew ? {} : { resourceVersion }) },
      spec: record,
    };
    const call = isNew
      ? { method: "POST" as const, path: resourcePath(LEASES, { namespace: this.#namespace }), what: "create leases" }
      : { method: "PUT" as const, path: this.#path, what: "update leases" };
    return this.#call({ ...call, body }, signal, timeoutMs);
  }

  get #path(): string {
    return resourcePath(LEASES, { namespace: this.#namespace, name: this.#name });
  }

  async #timed(call: Promise<unknown>): Promise<unknown> {
    const begun = performance.now();
    const measure = () => this.#answered(performance.now() - begun);
    try {
      const answer = await call;
      measure();
      return answer;
    } catch (error) {
      // A refusal is an answer too.
      if (error instanceof KubernetesError && error.status !== undefined) measure();
      throw error;
    }
  }

  async #call(call: Omit<ApiCall, "lane">, signal: AbortSignal, timeoutMs: number): Promise<Lease> {
    const lease = asLease(await this.#timed(this.#client.call({ ...call, lane: "lease", timeoutMs }, signal)));
    if (lease === undefined) throw malformed(call.what, "something that is no Lease");
    return lease;
  }
}
