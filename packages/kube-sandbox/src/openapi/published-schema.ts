import { type Fields, isFields } from "../objects/fields.ts";
import type { StructuralSchema } from "../schema/structural-schema.ts";

/** A structural schema as an OpenAPI document shows it. */
export function published(schema: StructuralSchema): Fields & { properties?: Fields } {
  const shown: Fields & { properties?: Fields } = { ...schema };
  if (schema.properties !== undefined) {
    shown.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, one]) => [name, published(one)]),
    );
  }
  if (schema.items !== undefined) shown.items = published(schema.items);
  if (isFields(schema.additionalProperties)) shown.additionalProperties = published(schema.additionalProperties);
  return shown;
}
