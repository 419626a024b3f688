import { randomUUID } from "node:crypto";
import { type Fields, fieldsAt, textAt, without } from "../objects/fields.ts";
import { type KubeObject, kubeTime, type Metadata } from "../objects/kube-object.ts";
import { randomSuffix } from "../objects/random-suffix.ts";
import { admit } from "./admit.ts";
import type { Cluster } from "./cluster.ts";
import { decodeObject } from "./decode-object.ts";
import { alreadyExists, badRequest, forbidden, notFound, StatusError } from "./status-error.ts";
import type { Target } from "./target.ts";
import type { WriteOptions } from "./write-options.ts";

/** Makes a new object from a request's body, and returns it as it is stored. */
export function createObject(cluster: Cluster, target: Target, body: Fields, options: WriteOptions): KubeObject {
  const { served, namespace } = target;
  const { type } = served;
  checkPlace(cluster, target, body);
  const decoded = decodeObject(served, body, options.validation, options.warnings);
  const given = fieldsAt(decoded, "metadata");
  if (textAt(given, "resourceVersion") !== "") {
    // Kubernetes answers 500 here, and so does this.
    throw new StatusError(500, "", "resourceVersion should not be set on objects to be created");
  }
  const metadata = newMetadata(given, type.namespaced ? namespace : undefined, cluster.now());
  const fresh = served.version.hasStatus ? without(decoded, "status") : decoded;
  const wanted: KubeObject = { apiVersion: "", kind: "", ...fresh, metadata: withGeneration(metadata, type) };
  const object = admit(served, wanted, undefined);
  if (cluster.store.get(type.id, object.metadata.namespace, object.metadata.name) !== undefined) {
    throw alreadyExists(type, object.metadata.name);
  }
  return options.dryRun ? object : cluster.store.put(type.id, object);
}

function checkPlace(cluster: Cluster, { served, namespace }: Target, body: Fields): void {
  if (!served.type.namespaced) return;
  if (namespace === undefined) throw badRequest("an empty namespace may not be set during creation");
  const given = textAt(body, "metadata", "namespace");
  if (given !== "" && given !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
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

function withGeneration(metadata: Metadata, type: { readonly countsGenerations: boolean }): Metadata {
  return type.countsGenerations ? { ...metadata, generation: 1 } : metadata;
}
