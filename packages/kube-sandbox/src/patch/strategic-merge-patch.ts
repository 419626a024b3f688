import { equal, type Fields, isFields, listAt, setOwn, textAt, without } from "../objects/fields.ts";

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
export const MERGED_SETS: ReadonlySet<string> = new Set(["finalizers"]);

/** The key of a list's items: the first candidate that they have; undefined if the list is replaced. */
export function mergeKey(field: string, items: readonly unknown[]): string | undefined {
  if (!Object.hasOwn(MERGE_KEYS, field)) return undefined;
  const candidates = MERGE_KEYS[field] ?? [];
  return (
    candidates.find((key) => items.some((item) => item !== null && typeof item === "object" && key in item)) ??
    candidates[0]
  );
}
