import { type Fields, isFields, setOwn } from "../objects/fields.ts";
import type { StructuralSchema } from "./structural-schema.ts";
import { propertySchema } from "./structural-schema.ts";

/** Fields of an object that every schema allows where a whole object stands. */
const OBJECT_FIELDS: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

/** Drops what the schema does not know, and adds the paths of what it dropped to `unknown`. */
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
