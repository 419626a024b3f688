import type { Instant } from "../../core/index.ts";
import type { ManagedFields } from "../objects/kubernetes-object.ts";

/** What the API server notes as the manager of the fields that we write. */
export const FIELD_MANAGER = "muster";

/** Who set a workload's replicas last, as far as the API server notes it. */
export interface ReplicasOwner {
  readonly manager: string;
  /** "Apply" or "Update". */
  readonly operation: string;
  readonly isUs: boolean;
  /** To the second. Absent for writes of the scale subresource: no version of Kubernetes notes their time. */
  readonly at?: Instant;
}

/**
 * The owner of spec.replicas, where that can be trusted. Undefined: before Kubernetes 1.22 writes of the scale
 * subresource leave no trace, and the field seems to belong to whoever set it in another way.
 */
export function replicasOwner(fields: readonly ManagedFields[] | undefined): ReplicasOwner | undefined {
  const owners = (fields ?? []).filter(({ subresource, fieldsV1 }) => {
    return subresource === "scale" || fieldsV1?.["f:spec"]?.["f:replicas"] !== undefined;
  });
  const us = owners.find(({ manager, subresource }) => manager === FIELD_MANAGER && subresource === "scale");
  const newest = us ?? owners.sort((one, other) => timeOf(other) - timeOf(one))[0];
  if (newest === undefined) return undefined;
  const { manager = "", operation = "" } = newest;
  const at = timeOf(newest);
  return { manager, operation, isUs: us !== undefined, ...(at === 0 ? {} : { at }) };
}

/** Whether the API server notes who writes a subresource, as it does from 1.22 on. */
export function notesSubresources(fields: readonly ManagedFields[] | undefined): boolean {
  return fields?.some(({ subresource }) => subresource !== undefined && subresource !== "") ?? false;
}

function timeOf({ time }: ManagedFields): Instant {
  return Date.parse(time ?? "") || 0;
}
