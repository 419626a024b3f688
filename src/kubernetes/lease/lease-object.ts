import { resourcePath } from "../objects/resource.ts";
import { KubernetesError } from "../ports/kubernetes-error.ts";
import { malformed } from "../transport/answer-error.ts";
import type { ApiCall, ApiClient } from "../transport/api-client.ts";
import { asLease, type Lease, type LeaseRecord } from "./lease-record.ts";

export const LEASES = { group: "coordination.k8s.io", version: "v1", plural: "leases" };

/** One Lease in the API server. */
export class LeaseObject {
  readonly #client: ApiClient;
  readonly #namespace: string;
  readonly #name: string;

  constructor(client: ApiClient, namespace: string, name: string) {
    this.#client = client;
    this.#namespace = namespace;
    this.#name = name;
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

  async #call(call: Omit<ApiCall, "lane">, signal: AbortSignal, timeoutMs: number): Promise<Lease> {
    const lease = asLease(await this.#client.call({ ...call, lane: "lease", timeoutMs }, signal));
    if (lease === undefined) throw malformed(call.what, "something that is no Lease");
    return lease;
  }
}
