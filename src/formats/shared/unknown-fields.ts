import type { Problem } from "../../core/index.ts";
import { didYouMean } from "../../shared/near-name.ts";
import { fieldPath } from "./field-path.ts";
import type { JsonSchema } from "./json-schema.ts";

/** Fields that no schema knows, as warnings: the API server drops them, so they have no effect. */
export function unknownFields(
  value: unknown,
  schema: JsonSchema,
  under: readonly PropertyKey[] = [],
): readonly Problem[] {
  if (Array.isArray(value)) {
    const items = schema.items;
    if (items === undefined) return [];
    return value.slice(0, MOST_ITEMS).flatMap((item, index) => unknownFields(item, items, [...under, index]));
  }
  const { properties } = schema;
  if (properties === undefined || typeof value !== "object" || value === null) return [];
  const problems: Problem[] = [];
  const unknown: string[] = [];
  for (const [name, child] of Object.entries(value)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known !== undefined) problems.push(...unknownFields(child, known, [...under, name]));
    else if (unknown.push(name) <= MOST_NAMED)
      problems.push(unknownField([...under, name], name, Object.keys(properties)));
  }
  return unknown.length > MOST_NAMED ? [...problems, moreUnknown(under, unknown.length - MOST_NAMED)] : problems;
}

/** No list of ours may have more; a longer one is refused for its length. */
const MOST_ITEMS = 100;

/** Thousands of them are a mistake, or meant to keep the process busy. */
const MOST_NAMED = 20;

function moreUnknown(path: readonly PropertyKey[], count: number): Problem {
  return { path: fieldPath(path), message: `${count} more unknown fields, which have no effect`, severity: "warning" };
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
