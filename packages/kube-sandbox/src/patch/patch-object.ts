import { equal, type Fields, isFields, listAt, setOwn, textAt, without } from "../objects.ts";
import { badRequest, invalid, invalidValue, unsupportedMediaType } from "../rest/status-error.ts";
import { propertySchema, type StructuralSchema } from "../schema.ts";
import { jsonPatch } from "./json-patch.ts";

export const APPLY_PATCH = "application/apply-patch+yaml";
const JSON_PATCH = "application/json-patch+json";
const MERGE_PATCH = "application/merge-patch+json";
const STRATEGIC_PATCH = "application/strategic-merge-patch+json";

/** Applies a patch of the given media type; strategic ones are only for built-in kinds. */
export function patchObject(mediaType: string, current: Fields, patch: unknown, strategic: boolean): Fields {
  const patched = applied(mediaType, current, patch, strategic);
  if (!isFields(patched)) throw badRequest("expected the patched object to be an object");
  return patched;
}

function applied(mediaType: string, current: Fields, patch: unknown, strategic: boolean): unknown {
  if (mediaType === JSON_PATCH) return jsonPatch(current, patch);
  if (mediaType === MERGE_PATCH) return mergePatch(current, objectOf(patch));
  if (mediaType === STRATEGIC_PATCH && strategic) return strategicMergePatch(current, objectOf(patch));
  const accepted = [JSON_PATCH, MERGE_PATCH, ...(strategic ? [STRATEGIC_PATCH] : []), APPLY_PATCH];
  throw unsupportedMediaType(accepted);
}

function objectOf(patch: unknown): Fields {
  if (isFields(patch)) return patch;
  const error = invalidValue("patch", patch, "couldn't get version/kind; json parse error: expected an object");
  throw invalid({ group: "", plural: "", kind: "" }, "", [error]);
}

/** RFC 7386: objects merge, null removes, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const merged: Fields = isFields(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else setOwn(merged, name, mergePatch(Object.hasOwn(merged, name) ? merged[name] : undefined, value));
  }
  return merged;
}

const ORDER = "$setElementOrder/";
const DELETED_VALUES = "$deleteFromPrimitiveList/";

/** Kubernetes' strategic merge patch, with the merge keys of the built-in kinds. */
export function strategicMergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const directive = textAt(patch, "$patch");
  if (directive === "delete") return undefined;
  if (directive === "replace") return without(patch, "$patch");
  const merged: Fields = retained(isFields(target) ? target : {}, patch);
  for (const [name, value] of Object.entries(patch)) mergeField(merged, name, value);
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith(ORDER)) reorder(merged, name.slice(ORDER.length), value);
  }
  return merged;
}

function retained(target: Fields, patch: Fields): Fields {
  const keys = patch.$retainKeys;
  if (!Array.isArray(keys)) return { ...target };
  return Object.fromEntries(Object.entries(target).filter(([name]) => keys.includes(name)));
}

function mergeField(merged: Fields, name: string, value: unknown): void {
  if (name.startsWith(DELETED_VALUES)) {
    const field = name.slice(DELETED_VALUES.length);
    const gone = Array.isArray(value) ? value : [];
    merged[field] = listAt(merged, field).filter((item) => !gone.some((one) => equal(one, item)));
    return;
  }
  if (name.startsWith("$")) return;
  const before = Object.hasOwn(merged, name) ? merged[name] : undefined;
  if (value === null) delete merged[name];
  else if (Array.isArray(value)) setOwn(merged, name, mergeList(name, Array.isArray(before) ? before : [], value));
  else {
    const after = strategicMergePatch(before, value);
    if (after === undefined) delete merged[name];
    else setOwn(merged, name, after);
  }
}

function mergeList(field: string, before: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  if (MERGED_SETS.has(field)) return [...new Set([...before, ...patch])];
  const key = mergeKey(field, [...patch, ...before]);
  if (key === undefined) return patch;
  const items = patch.filter((item) => textAt(item, "$patch") !== "replace" || Object.keys(item as Fields).length > 1);
  if (items.length < patch.length) return items;
  return items.reduce<readonly unknown[]>((merged, item) => mergeItem(merged, item, key), before);
}

function mergeItem(merged: readonly unknown[], item: unknown, key: string): readonly unknown[] {
  const same = (other: unknown): boolean => isFields(other) && isFields(item) && other[key] === item[key];
  if (textAt(item, "$patch") === "delete") return merged.filter((other) => !same(other));
  if (!merged.some(same)) return [...merged, strategicMergePatch(undefined, item)];
  return merged.map((other) => (same(other) ? strategicMergePatch(other, item) : other));
}

function reorder(merged: Fields, field: string, order: unknown): void {
  const items = listAt(merged, field);
  if (!Array.isArray(order) || items.length === 0) return;
  const key = mergeKey(field, items);
  const rank = (item: unknown): number => {
    const index = order.findIndex((one) =>
      key === undefined ? equal(one, item) : isFields(one) && isFields(item) && one[key] === item[key],
    );
    return index === -1 ? order.length : index;
  };
  merged[field] = [...items].sort((left, right) => rank(left) - rank(right));
}

/** By field of the built-in kinds: the key that identifies items when lists are merged. */
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ["name"],
  initContainers: ["name"],
  ephemeralContainers: ["name"],
  env: ["name"],
  ports: ["containerPort", "port"],
  volumeMounts: ["mountPath"],
  volumeDevices: ["devicePath"],
  volumes: ["name"],
  imagePullSecrets: ["name"],
  hostAliases: ["ip"],
  topologySpreadConstraints: ["topologyKey"],
  conditions: ["type"],
  ownerReferences: ["uid"],
  containerStatuses: ["name"],
  secrets: ["name"],
  podIPs: ["ip"],
};

/** Lists of plain values that merge as sets. */
const MERGED_SETS: ReadonlySet<string> = new Set(["finalizers"]);

/** The key of a list's items: the first candidate that they have; undefined if the list is replaced. */
function mergeKey(field: string, items: readonly unknown[]): string | undefined {
  if (!Object.hasOwn(MERGE_KEYS, field)) return undefined;
  const candidates = MERGE_KEYS[field] ?? [];
  return (
    candidates.find((key) => items.some((item) => item !== null && typeof item === "object" && key in item)) ??
    candidates[0]
  );
}

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
