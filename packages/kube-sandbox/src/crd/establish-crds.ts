import { equal } from "../objects/equal.ts";
import { type Fields, fieldsAt, listAt, textAt, valueAt } from "../objects/fields.ts";
import { type KubeObject, kubeTime } from "../objects/kube-object.ts";
import type { ResourceRegistry } from "../resources/resource-registry.ts";
import type { Store } from "../store/store.ts";
import { crdResource } from "./crd-resource.ts";

export const CRDS = "customresourcedefinitions.apiextensions.k8s.io";

/** Serves what CustomResourceDefinitions describe, for as long as they exist. Returns how to stop. */
export function establishCrds(store: Store, registry: ResourceRegistry, now: () => number): () => void {
  for (const definition of store.list(CRDS)) establish(store, registry, definition, now);
  return store.subscribe((change) => {
    if (change.resource !== CRDS) return;
    if (change.type === "DELETED") withdraw(store, registry, change.object);
    else establish(store, registry, change.object, now);
  });
}

function establish(store: Store, registry: ResourceRegistry, definition: KubeObject, now: () => number): void {
  registry.add(crdResource(definition));
  const status = establishedStatus(definition, now);
  if (!equal(valueAt(definition, "status"), status)) store.put(CRDS, { ...definition, status });
}

function withdraw(store: Store, registry: ResourceRegistry, definition: KubeObject): void {
  const { id } = crdResource(definition);
  for (const object of store.list(id)) store.remove(id, object.metadata.namespace, object.metadata.name);
  registry.remove(id);
}

function establishedStatus(definition: KubeObject, now: () => number): Fields {
  const before = listAt(definition, "status", "conditions");
  const conditions = [
    ["NamesAccepted", "NoConflicts", "no conflicts found"],
    ["Established", "InitialNamesAccepted", "the initial names have been accepted"],
  ].map(([type, reason, message]) => {
    const known = before.find((condition) => textAt(condition, "type") === type);
    const lastTransitionTime = textAt(known, "lastTransitionTime") || kubeTime(now());
    return { type, status: "True", lastTransitionTime, reason, message };
  });
  const stored = listAt(definition, "spec", "versions").find((version) => valueAt(version, "storage") === true);
  const storedVersions = new Set([...listAt(definition, "status", "storedVersions"), textAt(stored, "name")]);
  return {
    conditions,
    acceptedNames: fieldsAt(definition, "spec", "names"),
    storedVersions: [...storedVersions],
  };
}
