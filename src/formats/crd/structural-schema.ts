import type * as z from "zod";
import { type JsonSchema, jsonSchemaOf } from "../shared/json-schema.ts";

/** Keywords that a v1 CRD takes as they are. */
const KEPT = new Set([
  "type",
  "description",
  "enum",
  "default",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "required",
  "nullable",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-int-or-string",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-validations",
]);

/** What an API server from 1.20 on takes as a structural schema: no unions of types, no bounds that JavaScript made up. */
export function structuralSchema(schema: z.ZodType): JsonSchema {
  return structural(jsonSchemaOf(schema));
}

function structural(schema: JsonSchema): JsonSchema {
  // A field of several types cannot be structural: the source itself checks it.
  if (schema.type === undefined) return { ...described(schema), "x-kubernetes-preserve-unknown-fields": true };
  const kept = Object.entries(schema).filter(([keyword, value]) => KEPT.has(keyword) && !isSafeIntegerBound(value));
  return {
    ...Object.fromEntries(kept),
    ...formatOf(schema),
    ...(schema.properties === undefined ? {} : { properties: mapped(schema.properties) }),
    ...(schema.items === undefined ? {} : { items: structural(schema.items) }),
    ...(typeof schema.additionalProperties === "object"
      ? { additionalProperties: structural(schema.additionalProperties) }
      : {}),
  };
}

function described({ description }: JsonSchema): Partial<JsonSchema> {
  return description === undefined ? {} : { description };
}

function mapped(properties: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, structural(schema)]));
}

/** A date-time needs no pattern beside it; zod writes one. */
function formatOf({ format, pattern }: JsonSchema): Partial<JsonSchema> {
  if (format === "date-time") return { format };
  return pattern === undefined ? {} : { pattern };
}

function isSafeIntegerBound(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) === Number.MAX_SAFE_INTEGER;
}
