import { equal } from "../objects/equal.ts";
import { type Fields, fieldsAt, textAt, without } from "../objects/fields.ts";
import type { KubeObject, Metadata } from "../objects/kube-object.ts";
import type { ResourceType, ServedResource } from "../resources/resource-type.ts";
import { admit } from "./admit.ts";
import type { Cluster } from "./cluster.ts";
import { decodeObject } from "./decode-object.ts";
import { badRequest, conflict, invalid, uidConflict } from "./status-error.ts";
import type { WriteOptions } from "./write-options.ts";

/** Which part of an object a write changes. */
export type Part = "all" | "status";

/** Replaces an object, or its status alone, by what a request wants, and returns it as it is stored. */
export function updateObject(
  cluster: Cluster,
  served: ServedResource,
  existing: KubeObject,
  body: Fields,
  part: Part,
  options: WriteOptions,
): KubeObject {
  const { type } = served;
  const decoded = decodeObject(served, body, options.validation, options.warnings);
  const given = fieldsAt(decoded, "metadata");
  checkIdentity(type, existing, given);
  const object = admit(served, combined(served, existing, decoded, given, part), existing);
  const counted = withGeneration(type, existing, object);
  if (equal(counted, existing) || options.dryRun) return counted;
  const done = counted.metadata.deletionTimestamp !== undefined && (counted.metadata.finalizers ?? []).length === 0;
  if (done && (existing.metadata.finalizers ?? []).length > 0) {
    cluster.store.remove(type.id, counted.metadata.namespace, counted.metadata.name);
    return counted;
  }
  return cluster.store.put(type.id, counted);
}

function checkIdentity(type: ResourceType, existing: KubeObject, given: Fields): void {
  const { name, uid, resourceVersion, namespace } = existing.metadata;
  const [givenName = "", givenUid = "", givenVersion = ""] = ["name", "uid", "resourceVersion"].map((field) =>
    textAt(given, field),
  );
  if (givenName !== name) {
    throw badRequest(`the name of the object (${givenName}) does not match the name on the URL (${name})`);
  }
  const givenNamespace = textAt(given, "namespace");
  if (givenNamespace !== "" && givenNamespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (givenUid !== "" && givenUid !== uid) {
    throw uidConflict(type, name, givenUid, uid);
  }
  if (givenVersion === "" && type.custom) {
    // Worded as Kubernetes words it: the plural for the kind, and a zero of Go's.
    const field = "metadata.resourceVersion";
    const error = { reason: "FieldValueInvalid", field, detail: "0x0: must be specified for an update" } as const;
    throw invalid({ ...type, kind: type.plural }, name, [error]);
  }
  if (givenVersion !== "" && givenVersion !== resourceVersion) throw conflict(type, name);
}

function combined(
  served: ServedResource,
  existing: KubeObject,
  decoded: Fields,
  given: Fields,
  part: Part,
): KubeObject {
  if (part === "status") {
    const status = "status" in decoded ? { status: decoded.status } : {};
    return { ...(without(existing, "status") as KubeObject), ...status };
  }
  const metadata: Metadata = { ...without(given, "selfLink"), ...identityOf(existing.metadata) };
  const wanted: KubeObject = { ...decoded, apiVersion: existing.apiVersion, kind: existing.kind, metadata };
  if (!served.version.hasStatus) return wanted;
  const kept = "status" in existing ? { status: existing.status } : {};
  return { ...(without(wanted, "status") as KubeObject), ...kept };
}

/** What of its metadata an update cannot change. */
function identityOf(metadata: Metadata): Metadata {
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp } = metadata;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  return {
    name,
    uid,
    resourceVersion,
    creationTimestamp,
    ...(namespace !== undefined && { namespace }),
    ...(generation !== undefined && { generation }),
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    ...(deletionGracePeriodSeconds !== undefined && { deletionGracePeriodSeconds }),
  };
}

function withGeneration(type: ResourceType, existing: KubeObject, object: KubeObject): KubeObject {
  const { generation } = existing.metadata;
  if (!type.countsGenerations || generation === undefined) return object;
  const counted = (one: KubeObject): Fields => (type.custom ? without(one, "metadata", "status") : { spec: one.spec });
  if (equal(counted(existing), counted(object))) return object;
  return { ...object, metadata: { ...object.metadata, generation: generation + 1 } };
}
