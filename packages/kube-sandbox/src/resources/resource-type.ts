import type { Fields } from "../objects/fields.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import type { ResourceName } from "../rest/status-error.ts";
import type { FieldError } from "../schema/field-error.ts";
import type { StructuralSchema } from "../schema/structural-schema.ts";
import type { Column } from "../table/table.ts";

/** Where the scale subresource finds its three values in the object. */
export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  /** A LabelSelector object or a text. */
  readonly selector?: readonly string[];
}

/** One served version of a resource. */
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

/** What the server knows of one kind of object. */
export interface ResourceType extends ResourceName {
  /** The name under which the store keeps it: `plural.group`, or that of the resource which this is a view of. */
  readonly id: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** The preferred one first; the store keeps objects in its form. */
  readonly versions: readonly ResourceVersion[];
  /** Made from a CustomResourceDefinition: schema decides, resourceVersion is needed for an update. */
  readonly custom: boolean;
  /** Whether metadata.generation counts changes of spec. */
  readonly countsGenerations: boolean;
  /** Fills in defaults; called on every write, after `previous` was looked up. */
  readonly prepare?: (object: KubeObject, previous: KubeObject | undefined) => KubeObject;
  readonly check?: (object: KubeObject, previous: KubeObject | undefined) => readonly FieldError[];
  /** Seconds between the request to delete an object and its end, by default; 0 ends it at once. */
  readonly graceSeconds?: (object: KubeObject) => number;
}

/** The version of a type that a path names. */
export interface ServedResource {
  readonly type: ResourceType;
  readonly version: ResourceVersion;
}

/** `group/version`, or the version alone in the core group. */
export function apiVersionOf({ type, version }: ServedResource): string {
  return type.group === "" ? version.name : `${type.group}/${version.name}`;
}

/** The stored object as a version shows it. */
export function present(served: ServedResource, stored: KubeObject): KubeObject {
  const { apiVersion: _stored, kind: _kind, ...fields } = stored;
  const shown = served.version.fromStored?.(fields) ?? fields;
  return { apiVersion: apiVersionOf(served), kind: served.type.kind, ...shown, metadata: stored.metadata };
}
