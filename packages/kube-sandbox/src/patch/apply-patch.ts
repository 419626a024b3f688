import { equal, type Fields, isFields, setOwn } from "../objects/fields.ts";
import { propertySchema, type StructuralSchema } from "../schema/structural-schema.ts";
import { MERGED_SETS, mergeKey } from "./strategic-merge-patch.ts";

/**
 * Server-side apply: merges the applied fields, and removes those that the same manager applied before and now leaves
 * out. It detects no conflicts between managers: the last to apply wins, as with `--force-conflicts`.
 */
export function applyPatch(
  current: unknown,
  applied: unknown,
  before: unknown,
  schema: StructuralSchema | undefined,
): unknown {
  return merge("", current, applied, before, schema);
}

function merge(
  field: string,
  current: unknown,
  applied: unknown,
  before: unknown,
  schema: StructuralSchema | undefined,
): unknown {
  if (Array.isArray(applied)) return mergeLists(field, current, applied, before, schema);
  if (!isFields(applied) || schema?.["x-kubernetes-map-type"] === "atomic") return applied;
  const merged: Fields = isFields(current) ? { ...current } : {};
  for (const name of Object.keys(isFields(before) ? before : {})) {
    if (!Object.hasOwn(applied, name)) delete merged[name];
  }
  for (const [name, value] of Object.entries(applied)) {
    const inner = propertySchema(schema, name);
    const old = isFields(before) && Object.hasOwn(before, name) ? before[name] : undefined;
    setOwn(merged, name, merge(name, Object.hasOwn(merged, name) ? merged[name] : undefined, value, old, inner));
  }
  return merged;
}

function mergeLists(
  field: string,
  current: unknown,
  applied: readonly unknown[],
  before: unknown,
  schema: StructuralSchema | undefined,
): readonly unknown[] {
  const [mine, old] = [Array.isArray(current) ? current : [], Array.isArray(before) ? before : []];
  const same = identity(field, applied, schema);
  if (same === undefined) return applied;
  const kept = mine.filter((item) => applied.some((one) => same(one, item)) || !old.some((one) => same(one, item)));
  const merged = kept.map((item) => {
    const update = applied.find((one) => same(one, item));
    const previous = old.find((one) => same(one, item));
    return update === undefined ? item : merge("", item, update, previous, schema?.items);
  });
  return [...merged, ...applied.filter((one) => !mine.some((item) => same(one, item)))];
}

/** The key that identifies items of a list; undefined if the list is replaced. */
function identity(
  field: string,
  items: readonly unknown[],
  schema: StructuralSchema | undefined,
): ((left: unknown, right: unknown) => boolean) | undefined {
  const type = schema?.["x-kubernetes-list-type"];
  if (type === "set" || MERGED_SETS.has(field)) return equal;
  const single = mergeKey(field, items);
  const keys = type === "map" ? schema?.["x-kubernetes-list-map-keys"] : single === undefined ? undefined : [single];
  if (keys === undefined || type === "atomic") return undefined;
  return (left, right) => isFields(left) && isFields(right) && keys.every((key) => equal(left[key], right[key]));
}
