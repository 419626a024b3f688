import type { Fields, KubeObject } from "../objects.ts";
import { type FieldError, qualified, type ResourceName } from "../rest/status-error.ts";
import type { StructuralSchema } from "../schema.ts";
import type { Column } from "../table.ts";

/** Where the scale subresource finds its three values in the object. */
export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  /** A LabelSelector object or a text. */
  readonly selector?: readonly string[];
}

export interface ResourceVersion {
  readonly name: string;
  readonly schema?: StructuralSchema;
  readonly columns: readonly Column[];
  readonly hasStatus: boolean;
  readonly scale?: ScalePaths;
  /** From the stored form to this version's and back; absent where only apiVersion differs. */
  readonly fromStored?: (object: Fields) => Fields;
  readonly toStored?: (object: Fields) => Fields;
}

export interface ResourceType extends ResourceName {
  /** The name in the store: `plural.group`, or that of the resource of which this is a view. */
  readonly id: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** The preferred one first; the store uses its form. */
  readonly versions: readonly ResourceVersion[];
  /** Whether it comes from a CustomResourceDefinition: its schema validates, and an update needs a resourceVersion. */
  readonly custom: boolean;
  /** Whether metadata.generation counts changes of spec. */
  readonly countsGenerations: boolean;
  /** Fills in defaults; called on every write. */
  readonly prepare?: (object: KubeObject, previous: KubeObject | undefined) => KubeObject;
  readonly check?: (object: KubeObject, previous: KubeObject | undefined) => readonly FieldError[];
  /** The default grace period in seconds; 0 deletes at once. */
  readonly graceSeconds?: (object: KubeObject) => number;
}

export interface ServedResource {
  readonly type: ResourceType;
  readonly version: ResourceVersion;
}

/** `group/version`, or the version alone in the core group. */
export function apiVersionOf({ type, version }: ServedResource): string {
  return type.group === "" ? version.name : `${type.group}/${version.name}`;
}

/** The stored object in the form of a version. */
export function present(served: ServedResource, stored: KubeObject): KubeObject {
  const { apiVersion: _stored, kind: _kind, ...fields } = stored;
  const shown = served.version.fromStored?.(fields) ?? fields;
  return { apiVersion: apiVersionOf(served), kind: served.type.kind, ...shown, metadata: stored.metadata };
}

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
