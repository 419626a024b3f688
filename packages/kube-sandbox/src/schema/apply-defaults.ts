import { type Fields, isFields, setOwn } from "../objects/fields.ts";
import { propertySchema, type StructuralSchema } from "./structural-schema.ts";

/** Fills in the schema's defaults; a null where null is not allowed gives way to the default. */
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
