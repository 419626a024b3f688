/** By field of the built-in kinds: what tells the items of a list apart when lists are merged. */
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

/** The key of a list's items, by the first candidate that they have; undefined where the list is replaced whole. */
export function mergeKey(field: string, items: readonly unknown[]): string | undefined {
  if (!Object.hasOwn(MERGE_KEYS, field)) return undefined;
  const candidates = MERGE_KEYS[field] ?? [];
  return (
    candidates.find((key) => items.some((item) => item !== null && typeof item === "object" && key in item)) ??
    candidates[0]
  );
}
