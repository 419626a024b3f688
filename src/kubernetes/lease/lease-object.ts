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
