import {
  equal,
  type Fields,
  fieldsAt,
  isFields,
  type KubeObject,
  kubeTime,
  listAt,
  textAt,
  valueAt,
} from "./objects.ts";
import type { ResourceRegistry, ResourceType, ResourceVersion, ScalePaths } from "./resources/resource-type.ts";
import { type FieldError, invalidValue, notSupported, required } from "./rest/status-error.ts";
import type { StructuralSchema } from "./schema.ts";
import { schemaPattern } from "./schema.ts";
import type { Store } from "./store.ts";
import { jsonPath, type PrinterColumn, printerColumns } from "./table.ts";

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

/** The problems of a CustomResourceDefinition: of its names and its structural schema. */
export function checkCrd(definition: KubeObject): readonly FieldError[] {
  const { name } = definition.metadata;
  const group = textAt(definition, "spec", "group");
  const plural = textAt(definition, "spec", "names", "plural");
  const wanted = `${plural}.${group}`;
  const misnamed =
    name === wanted ? [] : [invalidValue("metadata.name", name, `must be spec.names.plural+"."+spec.group`)];
  const scope = textAt(definition, "spec", "scope");
  const wrongScope = scope === "Namespaced" || scope === "Cluster" ? [] : [scopeError(scope)];
  return [...misnamed, ...needed(definition), ...wrongScope, ...versionErrors(definition)];
}

function scopeError(scope: string): FieldError {
  return scope === "" ? required("spec.scope") : notSupported("spec.scope", scope, ["Cluster", "Namespaced"]);
}

function needed(definition: KubeObject): readonly FieldError[] {
  const paths = [["group"], ["names", "plural"], ["names", "kind"]];
  return paths.flatMap((path) =>
    textAt(definition, "spec", ...path) === "" ? [required(["spec", ...path].join("."))] : [],
  );
}

function versionErrors(definition: KubeObject): readonly FieldError[] {
  const versions = listAt(definition, "spec", "versions");
  const stored = versions.filter((version) => valueAt(version, "storage") === true);
  const storage =
    stored.length === 1
      ? []
      : [invalidValue("spec.versions", versions, "must have exactly one version marked as storage version")];
  // Kubernetes reports the parts of a single version as fields of spec.
  const single = { schema: "spec.validation", columns: "spec.additionalPrinterColumns", scale: "spec.subresources" };
  const paths = (at: string): Paths =>
    versions.length === 1
      ? single
      : { schema: `${at}.schema`, columns: `${at}.additionalPrinterColumns`, scale: `${at}.subresources` };
  return [
    ...storage,
    ...versions.flatMap((version, index) => oneVersion(version, paths(`spec.versions[${index}]`), index)),
  ];
}

interface Paths {
  readonly schema: string;
  readonly columns: string;
  readonly scale: string;
}

function oneVersion(version: unknown, paths: Paths, position: number): readonly FieldError[] {
  const schema = valueAt(version, "schema", "openAPIV3Schema");
  const columns = listAt(version, "additionalPrinterColumns");
  return [
    ...(isFields(schema)
      ? schemaErrors(schema, `${paths.schema}.openAPIV3Schema`)
      : [required(`spec.versions[${position}].schema.openAPIV3Schema`, "schemas are required")]),
    ...columns.flatMap((column, index) => columnErrors(column, `${paths.columns}[${index}]`)),
    ...scaleErrors(fieldsAt(version, "subresources"), `${paths.scale}.scale`),
  ];
}

function columnErrors(column: unknown, path: string): readonly FieldError[] {
  const [text, type] = [textAt(column, "jsonPath"), textAt(column, "type")];
  const types = ["boolean", "date", "integer", "number", "string"];
  const errors = types.includes(type) ? [] : [invalidValue(`${path}.type`, type, `must be one of ${types.join(",")}`)];
  if (text === "") return [...errors, required(`${path}.JSONPath`)];
  if (!text.startsWith(".")) {
    return [...errors, invalidValue(`${path}.JSONPath`, text, "must be a simple json path starting with .")];
  }
  try {
    jsonPath(text);
    return errors;
  } catch (error) {
    return [...errors, invalidValue(`${path}.JSONPath`, text, error instanceof Error ? error.message : String(error))];
  }
}

function scaleErrors(subresources: unknown, path: string): readonly FieldError[] {
  const scale = valueAt(subresources, "scale");
  if (scale === undefined) return [];
  const wrong = (name: string, root: string): readonly FieldError[] => {
    const text = textAt(scale, name);
    if (text === "") return [required(`${path}.${name}`)];
    return text.startsWith(`.${root}.`)
      ? []
      : [invalidValue(`${path}.${name}`, text, `should be a json path under .${root}`)];
  };
  return [...wrong("specReplicasPath", "spec"), ...wrong("statusReplicasPath", "status")];
}

const TYPES = ["array", "boolean", "integer", "number", "object", "string"];

/** The parts of a schema that are not structural or contradict each other. */
function schemaErrors(schema: Fields, path: string): readonly FieldError[] {
  const free = schema["x-kubernetes-int-or-string"] === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  const { type } = schema;
  const errors: FieldError[] = [];
  if (type === undefined && !free)
    errors.push(required(`${path}.type`, "must not be empty for specified object fields"));
  if (type !== undefined && !TYPES.includes(String(type))) errors.push(notSupported(`${path}.type`, type, TYPES));
  if (schema.properties !== undefined && schema.additionalProperties !== undefined) {
    const text = "additionalProperties and properties are mutual exclusive";
    errors.push({ reason: "FieldValueForbidden", field: `${path}.additionalProperties`, detail: text });
  }
  if (typeof schema.pattern === "string") errors.push(...patternErrors(schema.pattern, `${path}.pattern`));
  return [...errors, ...innerErrors(schema, path)];
}

function patternErrors(pattern: string, path: string): readonly FieldError[] {
  try {
    schemaPattern(pattern);
    return [];
  } catch (error) {
    return [invalidValue(path, pattern, `must be a valid regular expression, but isn't: ${String(error)}`)];
  }
}

function innerErrors(schema: Fields, path: string): readonly FieldError[] {
  const properties = Object.entries(isFields(schema.properties) ? schema.properties : {});
  const inner: (readonly [unknown, string])[] = properties.map(([name, one]) => [one, `${path}.properties[${name}]`]);
  if (schema.type === "array" && schema.items === undefined) {
    return [required(`${path}.items`, "must be specified")];
  }
  if (schema.items !== undefined) inner.push([schema.items, `${path}.items`]);
  if (isFields(schema.additionalProperties)) inner.push([schema.additionalProperties, `${path}.additionalProperties`]);
  return inner.flatMap(([one, at]) => (isFields(one) && valueAt(one) !== undefined ? schemaErrors(one, at) : []));
}

/** Fills in the optional parts of a CustomResourceDefinition. */
export function prepareCrd(definition: KubeObject): KubeObject {
  const spec = fieldsAt(definition, "spec");
  const names = fieldsAt(spec, "names");
  const kind = textAt(names, "kind");
  const spelled = { listKind: `${kind}List`, singular: kind.toLowerCase(), ...names };
  const acceptedNames = { plural: "", kind: "" };
  const stored = listAt(spec, "versions").find((version) => valueAt(version, "storage") === true);
  const storedVersions = stored === undefined ? [] : [textAt(stored, "name")];
  const status = { conditions: [], acceptedNames, storedVersions };
  return {
    ...definition,
    spec: { conversion: { strategy: "None" }, ...spec, names: spelled },
    status: { ...status, ...fieldsAt(definition, "status") },
  };
}
