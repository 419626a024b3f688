import { type Fields, fieldsAt, isFields, listAt, textAt, valueAt } from "../objects/fields.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import { type FieldError, invalidValue, notSupported, required } from "../schema/field-error.ts";
import { schemaPattern } from "../schema/validate.ts";
import { jsonPath } from "../table/printer-columns.ts";

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
