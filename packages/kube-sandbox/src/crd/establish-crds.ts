import { equal, type Fields, fieldsAt, listAt, textAt, valueAt } from "../objects/fields.ts";
import { type KubeObject, kubeTime } from "../objects/kube-object.ts";
import type { ResourceRegistry } from "../resources/resource-registry.ts";
import type { ResourceType, ResourceVersion, ScalePaths } from "../resources/resource-type.ts";
import type { StructuralSchema } from "../schema/structural-schema.ts";
import type { Store } from "../store.ts";
import { type PrinterColumn, printerColumns } from "../table/printer-columns.ts";

const CRDS = "customresourcedefinitions.apiextensions.k8s.io";

/** Serves the resources of CustomResourceDefinitions as long as they exist. Returns a function that stops it. */
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

/** The resource that a CustomResourceDefinition describes. */
function crdResource(definition: Fields): ResourceType {
  const names = fieldsAt(definition, "spec", "names");
  const group = textAt(definition, "spec", "group");
  const plural = textAt(names, "plural");
  const kind = textAt(names, "kind");
  const versions = listAt(definition, "spec", "versions");
  const served = versions.filter((version) => valueAt(version, "served") === true);
  return {
    id: `${plural}.${group}`,
    group,
    plural,
    kind,
    singular: textAt(names, "singular") || kind.toLowerCase(),
    namespaced: textAt(definition, "spec", "scope") === "Namespaced",
    shortNames: listAt(names, "shortNames").map(String),
    categories: listAt(names, "categories").map(String),
    versions: [...served].sort(preferredFirst).map(versionOf),
    custom: true,
    countsGenerations: true,
  };
}

function versionOf(version: unknown): ResourceVersion {
  const schema = fieldsAt(version, "schema", "openAPIV3Schema") as StructuralSchema;
  const scale = valueAt(version, "subresources", "scale");
  return {
    name: textAt(version, "name"),
    schema,
    columns: printerColumns(listAt(version, "additionalPrinterColumns") as readonly PrinterColumn[]),
    hasStatus: valueAt(version, "subresources", "status") !== undefined,
    ...(scale !== undefined && { scale: scalePaths(scale) }),
  };
}

function scalePaths(scale: unknown): ScalePaths {
  const path = (name: string): readonly string[] => textAt(scale, name).split(".").slice(1);
  const selector = path("labelSelectorPath");
  return {
    specReplicas: path("specReplicasPath"),
    statusReplicas: path("statusReplicasPath"),
    ...(selector.length > 0 && { selector }),
  };
}

const STABILITY: Readonly<Record<string, number>> = { "": 0, beta: 1, alpha: 2 };

/** Kubernetes' order of versions: v2, v1, v1beta2, v1beta1, v1alpha1. */
function preferredFirst(left: unknown, right: unknown): number {
  const [first, second] = [rank(textAt(left, "name")), rank(textAt(right, "name"))];
  return first.stability - second.stability || second.major - first.major || second.minor - first.minor;
}

function rank(version: string): { stability: number; major: number; minor: number } {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return { stability: 3, major: 0, minor: 0 };
  return { stability: STABILITY[match[2] ?? ""] ?? 3, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}
