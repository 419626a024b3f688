import { randomUUID } from "node:crypto";
import {
  equal,
  type Fields,
  fieldsAt,
  type KubeObject,
  kubeTime,
  type Metadata,
  randomSuffix,
  textAt,
  without,
} from "../objects.ts";
import type { ResourceType, ServedResource } from "../resources/resource-type.ts";
import { admit, decodeObject, type FieldValidation } from "./admit-object.ts";
import type { Cluster, Target } from "./call.ts";
import {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalid,
  notFound,
  StatusError,
  uidConflict,
} from "./status-error.ts";

/** Creates an object from a request's body, and returns its stored form. */
export function createObject(cluster: Cluster, target: Target, body: Fields, options: WriteOptions): KubeObject {
  const { served, namespace } = target;
  const { type } = served;
  checkPlace(cluster, target, body);
  const decoded = decodeObject(served, body, options.validation, options.warnings);
  const given = fieldsAt(decoded, "metadata");
  if (textAt(given, "resourceVersion") !== "") {
    // Kubernetes answers 500 here too.
    throw new StatusError(500, "", "resourceVersion should not be set on objects to be created");
  }
  const metadata: Metadata = {
    ...newMetadata(given, type.namespaced ? namespace : undefined, cluster.now()),
    ...(type.countsGenerations && { generation: 1 }),
  };
  const fresh = served.version.hasStatus ? without(decoded, "status") : decoded;
  const wanted: KubeObject = { apiVersion: "", kind: "", ...fresh, metadata };
  const object = admit(served, wanted, undefined);
  if (cluster.store.get(type.id, object.metadata.namespace, object.metadata.name) !== undefined) {
    throw alreadyExists(type, object.metadata.name);
  }
  return options.dryRun ? object : cluster.store.put(type.id, object);
}

const OTHER_NAMESPACE = "the namespace of the provided object does not match the namespace sent on the request";

function checkPlace(cluster: Cluster, { served, namespace }: Target, body: Fields): void {
  if (!served.type.namespaced) return;
  if (namespace === undefined) throw badRequest("an empty namespace may not be set during creation");
  const given = textAt(body, "metadata", "namespace");
  if (given !== "" && given !== namespace) throw badRequest(OTHER_NAMESPACE);
  const place = cluster.store.get("namespaces", undefined, namespace);
  if (place === undefined) throw notFound({ group: "", plural: "namespaces", kind: "Namespace" }, namespace);
  if (place.metadata.deletionTimestamp === undefined) return;
  const because = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const name = textAt(body, "metadata", "name");
  const refusal = forbidden(served.type, name, because);
  const causes = [{ reason: "NamespaceTerminating", message: `namespace ${namespace} is being terminated` }];
  throw new StatusError(refusal.code, refusal.reason, refusal.message, { ...refusal.details, causes });
}

function newMetadata(given: Fields, namespace: string | undefined, now: number): Metadata {
  const generateName = textAt(given, "generateName");
  const name = textAt(given, "name") || (generateName === "" ? "" : `${generateName}${randomSuffix()}`);
  return {
    ...without(given, "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink", "namespace"),
    name,
    ...(namespace !== undefined && { namespace }),
    uid: randomUUID(),
    resourceVersion: "",
    creationTimestamp: kubeTime(now),
  };
}

/** Which part of an object a write changes. */
export type Part = "all" | "status";

/** Replaces an object, or its status alone, and returns its stored form. */
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
  checkIdentity(type, existing, fieldsAt(decoded, "metadata"));
  const object = admit(served, combined(served, existing, decoded, part), existing);
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
  const [givenName, givenUid] = [textAt(given, "name"), textAt(given, "uid")];
  const [givenVersion, givenNamespace] = [textAt(given, "resourceVersion"), textAt(given, "namespace")];
  if (givenName !== name) {
    throw badRequest(`the name of the object (${givenName}) does not match the name on the URL (${name})`);
  }
  if (givenNamespace !== "" && givenNamespace !== namespace) throw badRequest(OTHER_NAMESPACE);
  if (givenUid !== "" && givenUid !== uid) throw uidConflict(type, name, givenUid, uid);
  if (givenVersion === "" && type.custom) {
    // Kubernetes' own words: the plural instead of the kind, and Go's zero value.
    const field = "metadata.resourceVersion";
    const error = { reason: "FieldValueInvalid", field, detail: "0x0: must be specified for an update" } as const;
    throw invalid({ ...type, kind: type.plural }, name, [error]);
  }
  if (givenVersion !== "" && givenVersion !== resourceVersion) throw conflict(type, name);
}

/** The existing object with the part that the write changes. */
function combined(served: ServedResource, existing: KubeObject, decoded: Fields, part: Part): KubeObject {
  const withStatus = (object: KubeObject, { status }: Fields): KubeObject =>
    ({ ...without(object, "status"), ...(status !== undefined && { status }) }) as KubeObject;
  if (part === "status") return withStatus(existing, decoded);
  const given = without(fieldsAt(decoded, "metadata"), "selfLink");
  const metadata: Metadata = { ...given, ...identityOf(existing.metadata) };
  const wanted: KubeObject = { ...decoded, apiVersion: existing.apiVersion, kind: existing.kind, metadata };
  return served.version.hasStatus ? withStatus(wanted, existing) : wanted;
}

/** The metadata that an update cannot change. */
const IDENTITY = ["name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp"];
const DELETION = ["deletionTimestamp", "deletionGracePeriodSeconds"];

function identityOf(metadata: Metadata): Metadata {
  const kept = [...IDENTITY, ...DELETION].flatMap((name) =>
    metadata[name] === undefined ? [] : [[name, metadata[name]]],
  );
  return Object.fromEntries(kept);
}

function withGeneration(type: ResourceType, existing: KubeObject, object: KubeObject): KubeObject {
  const { generation } = existing.metadata;
  if (!type.countsGenerations || generation === undefined) return object;
  const counted = (one: KubeObject): Fields => (type.custom ? without(one, "metadata", "status") : { spec: one.spec });
  if (equal(counted(existing), counted(object))) return object;
  return { ...object, metadata: { ...object.metadata, generation: generation + 1 } };
}

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly validation: FieldValidation;
  readonly fieldManager: string;
  /** Filled during the write. */
  readonly warnings: string[];
}

/** Reads a write's options from its query. */
export function writeOptions(query: URLSearchParams): WriteOptions {
  const dryRun = query.get("dryRun") ?? "";
  if (dryRun !== "" && dryRun !== "All") throw badRequest(`invalid dryRun value "${dryRun}": supported values: "All"`);
  return {
    dryRun: dryRun === "All",
    validation: fieldValidation(query.get("fieldValidation") || "Warn"),
    fieldManager: query.get("fieldManager") ?? "",
    warnings: [],
  };
}

function fieldValidation(text: string): FieldValidation {
  if (text === "Warn" || text === "Ignore" || text === "Strict") return text;
  throw badRequest(`invalid fieldValidation value "${text}": supported values: "Ignore", "Warn", "Strict"`);
}
