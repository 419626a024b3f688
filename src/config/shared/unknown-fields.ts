import type { Problem } from "../../core/index.ts";
import { fieldPath } from "./field-path.ts";
import type { JsonSchema } from "./json-schema.ts";
import { didYouMean } from "./near-name.ts";

/** Fields that no schema knows, as warnings: the API server drops them, so they have no effect. */
export function unknownFields(
  value: unknown,
  schema: JsonSchema,
  under: readonly PropertyKey[] = [],
): readonly Problem[] {
  if (Array.isArray(value)) {
    const items = schema.items;
    return items === undefined ? [] : value.flatMap((item, index) => unknownFields(item, items, [...under, index]));
  }
  const { properties } = schema;
  if (properties === undefined || typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known !== undefined) return unknownFields(child, known, [...under, name]);
    return [unknownField([...under, name], name, Object.keys(properties))];
  });
}

/** That a field is none of the known ones. */
export function unknownField(path: readonly PropertyKey[], name: string, known: readonly string[]): Problem {
  return {
    path: fieldPath(path),
    message: "unknown field, which has no effect",
    ...didYouMean(name, known, `known here: ${known.join(", ")}`),
    severity: "warning",
  };
}
