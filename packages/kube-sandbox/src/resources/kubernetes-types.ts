import type { StructuralSchema } from "../schema.ts";
import { KUBERNETES_TYPES } from "./kubernetes-types.generated.ts";

export interface TypeField {
  /** The name in JSON; empty if JSON shows the field's fields in its parent. */
  readonly name: string;
  /** A scalar's type, or the name of another type. */
  readonly type: string;
  readonly holds: "one" | "list" | "map";
  /** Whether a zero counts as a value. Otherwise senders always write zeros, and JSON leaves them out. */
  readonly keepsZero: boolean;
  readonly isRequired: boolean;
  readonly description: string;
}

/** A type's fields by their number in protobuf. */
export type TypeFields = ReadonlyMap<number, TypeField>;

/**
 * The types of built-in kinds, which are named APIVERSION.KIND, and of their parts. The generated table has for each its
 * description and its fields, `NUMBER NAME TYPE DESCRIPTION`. The name `...` stands for a field whose fields JSON shows in
 * its parent; `*` after a name: required; `!`: JSON keeps a zero; `[]` before a type: a list; `map[]`: a map with text keys.
 */
export const TYPES: ReadonlyMap<string, { readonly description: string; readonly fields: TypeFields }> = new Map(
  Object.values(KUBERNETES_TYPES)
    .flatMap((types) => Object.entries(types))
    .map(([name, [description = "", ...fields]]) => [name, { description, fields: parseFields(...fields) }]),
);

/** Fields as the table has them, such as `3 replicas! int32 Number of desired pods.` */
export function parseFields(...texts: readonly string[]): TypeFields {
  return new Map(texts.map(parseField));
}

function parseField(text: string): [number, TypeField] {
  const [, number, name = "", isRequired, keepsZero, shape, type = "", description = ""] =
    /^(\d+) ([\w$.]+)(\*?)(!?) (\[\]|map\[\])?(\S+) ?(.*)$/.exec(text) ?? [];
  return [
    Number(number),
    {
      name: name === "..." ? "" : name,
      type,
      holds: shape === undefined ? "one" : shape === "[]" ? "list" : "map",
      keepsZero: keepsZero === "!",
      isRequired: isRequired === "*",
      description,
    },
  ];
}

/** The types that have no fields in the table. */
const SIMPLE_SCHEMAS: Readonly<Record<string, StructuralSchema>> = {
  string: { type: "string" },
  bytes: { type: "string", format: "byte" },
  bool: { type: "boolean" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  Time: { type: "string", format: "date-time" },
  MicroTime: { type: "string", format: "date-time" },
  IntOrString: { "x-kubernetes-int-or-string": true },
  Quantity: { anyOf: [{ type: "string" }, { type: "number" }] },
  FieldsV1: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
};
const schemas = new Map<string, StructuralSchema>();

/** The schema of a type, made when it is first needed; undefined if the table lacks it. */
export function schemaOf(name: string): StructuralSchema | undefined {
  const type = TYPES.get(name);
  if (type === undefined) return SIMPLE_SCHEMAS[name];
  const known = schemas.get(name);
  if (known !== undefined) return known;
  const { description, fields } = type;
  const properties: Record<string, StructuralSchema> = {};
  for (const field of fields.values()) {
    if (field.name === "") Object.assign(properties, schemaOf(field.type)?.properties);
    else properties[field.name] = fieldSchema(field);
  }
  // Complete objects, also nested ones, have two more fields.
  if ("metadata" in properties && (name.includes(".") || "status" in properties)) {
    Object.assign(properties, { apiVersion: { type: "string" }, kind: { type: "string" } });
  }
  const required = [...fields.values()].flatMap((field) => (field.isRequired ? [field.name] : []));
  const schema = { type: "object", description, properties, ...(required.length > 0 && { required }) };
  schemas.set(name, schema);
  return schema;
}

function fieldSchema({ type, holds, description }: TypeField): StructuralSchema {
  const schema = schemaOf(type) ?? {};
  if (holds === "list") return { type: "array", description, items: schema };
  if (holds === "map") return { type: "object", description, additionalProperties: schema };
  return { ...schema, description };
}
