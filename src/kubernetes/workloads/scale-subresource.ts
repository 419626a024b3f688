import type { WorkloadReference } from "../../core/index.ts";
import { type Resource, resourcePath } from "../objects/resource.ts";
import { malformed } from "../transport/answer-error.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { FIELD_MANAGER } from "./replicas-owner.ts";

/** A workload's autoscaling/v1 Scale, as far as it matters. */
export interface Scale {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly replicas: number;
  /** Replicas that exist, ready or not. */
  readonly existingReplicas?: number;
}

/** Reads the scale subresource. */
export async function readScale(
  client: ApiClient,
  resource: Resource,
  { namespace, name }: WorkloadReference,
  signal: AbortSignal,
): Promise<Scale> {
  const what = `get ${resource.plural}/scale`;
  const path = resourcePath(resource, { namespace, name, subresource: "scale" });
  return asScale(await client.call({ method: "GET", path, what, lane: "read" }, signal), what);
}

/**
 * Sets spec.replicas. A merge patch, as custom resources refuse a strategic one and fail at a server-side apply; with
 * a resourceVersion it is refused (Conflict) where the object has changed since.
 */
export async function patchScale(
  client: ApiClient,
  resource: Resource,
  { namespace, name }: WorkloadReference,
  change: { readonly replicas: number; readonly resourceVersion: string | undefined },
  signal: AbortSignal,
): Promise<Scale> {
  const what = `patch ${resource.plural}/scale`;
  const path = `${resourcePath(resource, { namespace, name, subresource: "scale" })}?fieldManager=${FIELD_MANAGER}`;
  const body = {
    ...(change.resourceVersion === undefined ? {} : { metadata: { resourceVersion: change.resourceVersion } }),
    spec: { replicas: change.replicas },
  };
  return asScale(await client.call({ method: "PATCH", path, what, lane: "scale", body }, signal), what);
}

function asScale(answer: unknown, what: string): Scale {
  const scale = (answer ?? {}) as {
    metadata?: { uid?: unknown; resourceVersion?: unknown };
    spec?: { replicas?: unknown };
    status?: { replicas?: unknown };
  };
  const { uid, resourceVersion } = scale.metadata ?? {};
  // Go leaves a zero out.
  const replicas = scale.spec?.replicas ?? 0;
  if (typeof uid !== "string" || typeof resourceVersion !== "string" || typeof replicas !== "number") {
    throw malformed(what, "something that is no Scale");
  }
  const existing = scale.status?.replicas;
  return { uid, resourceVersion, replicas, ...(typeof existing === "number" ? { existingReplicas: existing } : {}) };
}
