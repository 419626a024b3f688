import { type Fields, isFields, setOwn } from "../objects.ts";

/** The part of OpenAPI v3 that a CustomResourceDefinition's structural schema may use. */
export interface StructuralSchema {
  readonly type?: string;
  readonly description?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema | boolean;
  readonly items?: StructuralSchema;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly StructuralSchema[];
  readonly anyOf?: readonly StructuralSchema[];
  readonly oneOf?: readonly StructuralSchema[];
  readonly not?: StructuralSchema;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "atomic" | "granular";
}

/** The schema of one property; undefined if the schema does not describe it. */
export function propertySchema(schema: StructuralSchema | undefined, name: string): StructuralSchema | undefined {
  const { properties, additionalProperties } = schema ?? {};
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

/** Fills in the schema's defaults; a default replaces a null that the schema does not allow. */
export function applyDefaults(schema: StructuralSchema, value: unknown): unknown {
  if (isFields(value)) return defaultObject(schema, value);
  if (!Array.isArray(value) || schema.items === undefined) return value;
  const items = schema.items;
  return value.map((item) => applyDefaults(items, item));
}

function defaultObject(schema: StructuralSchema, object: Fields): Fields {
  const filled: Fields = {};
  for (const [name, value] of Object.entries(object)) {
    const inner = propertySchema(schema, name);
    if (value === null && inner?.default !== undefined && inner.nullable !== true) continue;
    setOwn(filled, name, inner === undefined ? value : applyDefaults(inner, value));
  }
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    if (inner.default === undefined || Object.hasOwn(filled, name)) continue;
    setOwn(filled, name, applyDefaults(inner, structuredClone(inner.default)));
  }
  return filled;
}

/** Fields that every schema allows in a complete object. */
const OBJECT_FIELDS: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

/** Drops fields that the schema lacks, and adds their paths to `unknown`. */
export function prune(schema: StructuralSchema, object: Fields, unknown: string[]): Fields {
  return pruneObject({ ...schema, "x-kubernetes-embedded-resource": true }, object, "", unknown);
}

function pruneValue(schema: StructuralSchema, value: unknown, path: string, unknown: string[]): unknown {
  if (isFields(value)) return pruneObject(schema, value, path, unknown);
  if (!Array.isArray(value) || schema.items === undefined) return value;
  const items = schema.items;
  return value.map((item, index) => pruneValue(items, item, `${path}[${index}]`, unknown));
}

function pruneObject(schema: StructuralSchema, object: Fields, path: string, unknown: string[]): Fields {
  const keepsAll = schema["x-kubernetes-preserve-unknown-fields"] === true || schema.additionalProperties === true;
  const kept: Fields = {};
  for (const [name, value] of Object.entries(object)) {
    const inner = propertySchema(schema, name);
    const at = path === "" ? name : `${path}.${name}`;
    if (schema["x-kubernetes-embedded-resource"] === true && OBJECT_FIELDS.has(name)) setOwn(kept, name, value);
    else if (inner !== undefined) setOwn(kept, name, pruneValue(inner, value, at, unknown));
    else if (keepsAll) setOwn(kept, name, value);
    else unknown.push(at);
  }
  return kept;
}
