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
import { errorUnless, type FieldError, invalidValue, notSupported, required } from "./rest/status-error.ts";
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
  const spec = fieldsAt(definition, "spec");
  const fullName = `${textAt(spec, "names", "plural")}.${textAt(spec, "group")}`;
  const scope = textAt(spec, "scope");
  const scopes = ["Cluster", "Namespaced"];
  const needed = [["group"], ["names", "plural"], ["names", "kind"], ["scope"]];
  const missing = needed.filter((path) => textAt(spec, ...path) === "");
  return [
    ...errorUnless(name === fullName, () =>
      invalidValue("metadata.name", name, `must be spec.names.plural+"."+spec.group`),
    ),
    ...missing.map((path) => required(["spec", ...path].join("."))),
    ...errorUnless(scope === "" || scopes.includes(scope), () => notSupported("spec.scope", scope, scopes)),
    ...versionErrors(listAt(spec, "versions")),
  ];
}

function versionErrors(versions: readonly unknown[]): readonly FieldError[] {
  const stored = versions.filter((version) => valueAt(version, "storage") === true);
  return [
    ...errorUnless(stored.length === 1, () =>
      invalidValue("spec.versions", versions, "must have exactly one version marked as storage version"),
    ),
    ...versions.flatMap((version, index) => {
      const at = `spec.versions[${index}]`;
      // Kubernetes reports the parts of a single version as fields of spec.
      const parts = versions.length === 1 ? "spec" : at;
      const schema = valueAt(version, "schema", "openAPIV3Schema");
      const schemaPath = versions.length === 1 ? "spec.validation" : `${at}.schema`;
      return [
        ...(isFields(schema)
          ? schemaErrors(schema, `${schemaPath}.openAPIV3Schema`)
          : [required(`${at}.schema.openAPIV3Schema`, "schemas are required")]),
        ...listAt(version, "additionalPrinterColumns").flatMap((column, position) =>
          columnErrors(column, `${parts}.additionalPrinterColumns[${position}]`),
        ),
        ...scaleErrors(valueAt(version, "subresources", "scale"), `${parts}.subresources.scale`),
      ];
    }),
  ];
}

function columnErrors(column: unknown, path: string): readonly FieldError[] {
  const [text, type] = [textAt(column, "jsonPath"), textAt(column, "type")];
  const types = ["boolean", "date", "integer", "number", "string"];
  const simple = "must be a simple json path starting with .";
  return [
    ...errorUnless(types.includes(type), () => invalidValue(`${path}.type`, type, `must be one of ${types.join(",")}`)),
    ...errorUnless(text !== "", () => required(`${path}.JSONPath`)),
    ...errorUnless(text === "" || text.startsWith("."), () => invalidValue(`${path}.JSONPath`, text, simple)),
    ...(text.startsWith(".") ? syntaxErrors(jsonPath, text, `${path}.JSONPath`, "") : []),
  ];
}

function scaleErrors(scale: unknown, path: string): readonly FieldError[] {
  if (scale === undefined) return [];
  const paths = { specReplicasPath: "spec", statusReplicasPath: "status" };
  return Object.entries(paths).flatMap(([name, root]) => {
    const [text, field] = [textAt(scale, name), `${path}.${name}`];
    if (text === "") return [required(field)];
    return errorUnless(text.startsWith(`.${root}.`), () =>
      invalidValue(field, text, `should be a json path under .${root}`),
    );
  });
}

const TYPES = ["array", "boolean", "integer", "number", "object", "string"];

/** The parts of a schema that are not structural or contradict each other. */
function schemaErrors(schema: Fields, path: string): readonly FieldError[] {
  const { type, properties, additionalProperties, items, pattern } = schema;
  const free = schema["x-kubernetes-int-or-string"] === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  const inner: (readonly [unknown, string])[] = [
    ...Object.entries(isFields(properties) ? properties : {}).map(
      ([name, one]) => [one, `${path}.properties[${name}]`] as const,
    ),
    [items, `${path}.items`],
    [additionalProperties, `${path}.additionalProperties`],
  ];
  const both = "additionalProperties and properties are mutual exclusive";
  const noRegExp = "must be a valid regular expression, but isn't: ";
  return [
    ...errorUnless(type !== undefined || free, () =>
      required(`${path}.type`, "must not be empty for specified object fields"),
    ),
    ...errorUnless(type === undefined || TYPES.includes(String(type)), () => notSupported(`${path}.type`, type, TYPES)),
    ...errorUnless(properties === undefined || additionalProperties === undefined, () => ({
      reason: "FieldValueForbidden",
      field: `${path}.additionalProperties`,
      detail: both,
    })),
    ...(typeof pattern === "string" ? syntaxErrors(schemaPattern, pattern, `${path}.pattern`, noRegExp) : []),
    ...(type === "array" && items === undefined
      ? [required(`${path}.items`, "must be specified")]
      : inner.flatMap(([one, at]) => (isFields(one) ? schemaErrors(one, at) : []))),
  ];
}

function syntaxErrors(parse: (text: string) => unknown, text: string, path: string, rule: string): FieldError[] {
  try {
    parse(text);
    return [];
  } catch (error) {
    return [invalidValue(path, text, rule === "" ? (error as Error).message : `${rule}${String(error)}`)];
  }
}

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
