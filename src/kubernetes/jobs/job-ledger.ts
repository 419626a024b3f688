import { asKubernetesObject, type KubernetesObject, resourcePath } from "../objects.ts";
import { KubernetesError } from "../ports.ts";
import { malformed } from "../transport/answer-error.ts";
import type { ApiClient } from "../transport/api-client.ts";
import type { Failures } from "./failing-jobs.ts";
import { AUTOSCALERS, record } from "./job-objects.ts";

/**
 * Which numbers were given to Jobs, as the object's status has it. Numbers up to `settled` are done with: each Job was
 * created. Those above it up to `claimed` were given out, and a process that ended may or may not have created them.
 */
export interface Ledger {
  readonly claimed: number;
  readonly settled: number;
  readonly failures: Failures;
}

type Name = { readonly namespace: string; readonly name: string };

/** Reads the object as it is now. Rejects with NotFound where it is gone. */
export async function readOwner(
  client: ApiClient,
  { namespace, name }: Name,
  signal: AbortSignal,
): Promise<KubernetesObject> {
  const what = "read workerautoscalers";
  // By a list: the rights to list and watch are all that it takes.
  const query = new URLSearchParams({ fieldSelector: `metadata.name=${name}` });
  const path = `${resourcePath(AUTOSCALERS, { namespace })}?${query}`;
  const answer = await client.call({ method: "GET", path, what, lane: "scale" }, signal);
  const { items } = record(answer);
  if (!Array.isArray(items)) throw malformed(what, "something that is no list");
  const owner = asKubernetesObject(items[0]);
  if (owner === undefined) throw new KubernetesError("NotFound", `${what}: the WorkerAutoscaler ${name} is gone`);
  return owner;
}

export function ledgerOf({ metadata, status }: KubernetesObject): Ledger {
  const { claimed, settled, failures, lastFailureTime, generation } = record(record(status).jobs);
  const isSameSpec = generation === metadata.generation;
  return {
    claimed: numberOr0(claimed),
    settled: numberOr0(settled),
    failures: {
      count: isSameSpec ? numberOr0(failures) : 0,
      lastAt: isSameSpec ? Date.parse(String(lastFailureTime)) || 0 : 0,
    },
  };
}

function numberOr0(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

/**
 * Writes the ledger, only of the version of the object that was read: rejects with Conflict where it has changed since.
 * Resolves with the object as it is then.
 */
export async function writeLedger(
  client: ApiClient,
  owner: KubernetesObject,
  { claimed, settled, failures }: Ledger,
  signal: AbortSignal,
): Promise<KubernetesObject> {
  const { namespace, name, resourceVersion, generation } = owner.metadata;
  const what = "patch workerautoscalers/status";
  const path = resourcePath(AUTOSCALERS, { namespace, name, subresource: "status" });
  const { count, lastAt } = failures;
  const jobs = {
    ...{ claimed, settled, generation },
    // A merge patch removes what is null.
    failures: count === 0 ? null : count,
    lastFailureTime: lastAt === 0 ? null : `${new Date(lastAt).toISOString().slice(0, 19)}Z`,
  };
  const body = { metadata: { resourceVersion }, status: { jobs } };
  const answer = await client.call({ method: "PATCH", path, what, lane: "scale", body }, signal);
  const written = asKubernetesObject(answer);
  if (written === undefined) throw malformed(what, "something that is no object");
  return written;
}
