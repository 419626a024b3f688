import type { Fields } from "../objects/fields.ts";
import type { ResourceRegistry } from "../resources/resource-registry.ts";
import type { ResourceType, ResourceVersion } from "../resources/resource-type.ts";

const OBJECT_VERBS = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const PART_VERBS = ["get", "patch", "update"];

const groupVersion = (group: string, version: string): string => (group === "" ? version : `${group}/${version}`);

/** The answer to `/api`. */
export function coreVersions(): Fields {
  return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
}

/** The answer to `/apis`. */
export function groupList(registry: ResourceRegistry): Fields {
  const groups = [...registry.groups()].filter(([group]) => group !== "");
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(([group, versions]) => entry(group, versions)) };
}

/** The answer to `/apis/GROUP`; undefined if the group is not served. */
export function oneGroup(registry: ResourceRegistry, group: string): Fields | undefined {
  const versions = registry.groups().get(group);
  return versions === undefined ? undefined : { kind: "APIGroup", apiVersion: "v1", ...entry(group, versions) };
}

function entry(group: string, versions: readonly string[]): Fields {
  const listed = versions.map((version) => ({ groupVersion: groupVersion(group, version), version }));
  return { name: group, versions: listed, preferredVersion: listed[0] };
}

/** The answer to `/api/v1` and `/apis/GROUP/VERSION`; undefined if it is not served. */
export function resourceList(registry: ResourceRegistry, group: string, version: string): Fields | undefined {
  const resources = registry.all().flatMap((type) => {
    const served = type.group === group ? type.versions.find((one) => one.name === version) : undefined;
    return served === undefined ? [] : entriesOf(type, served);
  });
  if (resources.length === 0) return undefined;
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion: groupVersion(group, version), resources };
}

function entriesOf(type: ResourceType, version: ResourceVersion): readonly Fields[] {
  const { plural, singular, namespaced, kind, shortNames, categories } = type;
  const base = { singularName: "", namespaced, kind };
  const main = {
    name: plural,
    ...base,
    singularName: singular,
    verbs: OBJECT_VERBS,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
  };
  const scale = { group: "autoscaling", version: "v1", kind: "Scale", verbs: PART_VERBS };
  return [
    main,
    ...(version.scale === undefined ? [] : [{ ...base, name: `${plural}/scale`, ...scale }]),
    ...(version.hasStatus ? [{ ...base, name: `${plural}/status`, verbs: PART_VERBS }] : []),
  ];
}
