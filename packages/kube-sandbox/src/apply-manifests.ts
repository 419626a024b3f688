import { parseAllDocuments } from "yaml";
import { type Fields, isFields, textAt } from "./objects/fields.ts";
import type { KubeObject } from "./objects/kube-object.ts";
import { applyPatch } from "./patch/apply-patch.ts";
import { present } from "./resources/resource-type.ts";
import type { Cluster } from "./rest/call.ts";
import { createObject, updateObject, type WriteOptions } from "./rest/write-object.ts";

/** Applies the documents of a YAML or JSON text in their order, without a request. Throws an Error with the position of a problem. */
export function applyManifests(cluster: Cluster, text: string): readonly KubeObject[] {
  const documents = parseAllDocuments(text);
  return documents.flatMap((document, index) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw new Error(`expected YAML in document ${index + 1}: ${problem.message}`);
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (value === null || value === undefined) return [];
    if (!isFields(value)) throw new Error(`expected an object in document ${index + 1}, got ${typeof value}`);
    const items = textAt(value, "kind").endsWith("List") && Array.isArray(value.items) ? value.items : [value];
    return items.filter(isFields).map((item) => applyOne(cluster, item));
  });
}

function applyOne(cluster: Cluster, object: Fields): KubeObject {
  const [apiVersion, kind] = [textAt(object, "apiVersion"), textAt(object, "kind")];
  const served = cluster.registry.findKind(apiVersion, kind);
  if (served === undefined) throw new Error(`expected a kind that the sandbox serves, got ${apiVersion} ${kind}`);
  const name = textAt(object, "metadata", "name");
  const namespace = served.type.namespaced ? textAt(object, "metadata", "namespace") || "default" : undefined;
  const options: WriteOptions = { dryRun: false, validation: "Strict", fieldManager: "kube-sandbox", warnings: [] };
  const existing = cluster.store.get(served.type.id, namespace, name);
  if (existing !== undefined) {
    const merged = applyPatch(present(served, existing), object, undefined, served.version.schema);
    return updateObject(cluster, served, existing, isFields(merged) ? merged : object, "all", options);
  }
  const target = { served, name, watches: false, ...(namespace !== undefined && { namespace }) };
  return createObject(cluster, target, object, options);
}
