import { qualified } from "../rest/status-error.ts";
import type { ResourceType, ServedResource } from "./resource-type.ts";

/** The served resources; custom ones are added and removed. */
export class ResourceRegistry {
  readonly #types = new Map<string, ResourceType>();

  add(type: ResourceType): void {
    this.#types.set(qualified(type), type);
  }

  remove(name: string): void {
    this.#types.delete(name);
  }

  /** By qualified name, for example `deployments.apps`. */
  get(name: string): ResourceType | undefined {
    return this.#types.get(name);
  }

  all(): readonly ResourceType[] {
    return [...this.#types.values()];
  }

  find(group: string, version: string, plural: string): ServedResource | undefined {
    const type = this.#types.get(qualified({ group, plural }));
    const served = type?.versions.find((one) => one.name === version);
    return type === undefined || served === undefined ? undefined : { type, version: served };
  }

  findKind(apiVersion: string, kind: string): ServedResource | undefined {
    const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
    const type = this.all().find((one) => one.kind === kind && one.group === group);
    const served = type?.versions.find((one) => one.name === version);
    return type === undefined || served === undefined ? undefined : { type, version: served };
  }

  /** By group: its versions, the preferred one first. The core group is "". */
  groups(): ReadonlyMap<string, readonly string[]> {
    const groups = new Map<string, Set<string>>();
    for (const type of this.all()) {
      const versions = groups.get(type.group) ?? new Set();
      for (const version of type.versions) versions.add(version.name);
      groups.set(type.group, versions);
    }
    return new Map([...groups].map(([group, versions]) => [group, [...versions]]));
  }
}
