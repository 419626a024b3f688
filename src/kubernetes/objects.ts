/** What every object has; the code that asked for the kind knows the rest. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    /** "" for objects of no namespace. */
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    /** RFC 3339. */
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly ManagedFields[];
  };
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** Who wrote which fields of an object, as far as it is read here. */
export interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  /** RFC 3339. */
  readonly time?: string;
  readonly fieldsV1?: { readonly "f:spec"?: Readonly<Record<string, unknown>> };
}

/** The value as an object of Kubernetes, or undefined where it is none. */
export function asKubernetesObject(value: unknown): KubernetesObject | undefined {
  const metadata = (value as { metadata?: Partial<KubernetesObject["metadata"]> } | null | undefined)?.metadata;
  if (typeof metadata?.name !== "string" || typeof metadata.resourceVersion !== "string") return undefined;
  if (typeof metadata.namespace !== "string") Object.assign(metadata, { namespace: "" });
  if (typeof metadata.uid !== "string") Object.assign(metadata, { uid: "" });
  return value as KubernetesObject;
}

/** Unique among the objects of one kind. */
export function objectKey(namespace: string, name: string): string {
  // Joined, it is one text in memory; a template would keep its parts and three more objects.
  return [namespace, name].join("/");
}

/** A kind of objects, as paths name it. The core group is "". */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

interface Place {
  readonly namespace?: string | undefined;
  readonly name?: string;
  readonly subresource?: "scale" | "status";
}

/** The path of a collection, an object or its subresource. */
export function resourcePath({ group, version, plural }: Resource, { namespace, name, subresource }: Place): string {
  const parts = group === "" ? ["api", version] : ["apis", group, version];
  if (namespace !== undefined) parts.push("namespaces", namespace);
  parts.push(plural);
  if (name !== undefined) parts.push(name);
  if (subresource !== undefined) parts.push(subresource);
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

/** "workerpodautoscalers.k8s.practo.dev": how kubectl and RBAC messages name it. */
export function resourceName({ group, plural }: Resource): string {
  return group === "" ? plural : `${plural}.${group}`;
}

const DIGITS = /^\d+$/;

/**
 * Whether `one` is an older version than `other`. Formally opaque until Kubernetes 1.35 said otherwise, they have
 * always been etcd's revisions; what is not a number is never older.
 */
export function isOlder(one: string, other: string): boolean {
  if (!DIGITS.test(one) || !DIGITS.test(other)) return false;
  return one.length === other.length ? one < other : one.length < other.length;
}

/** The newer of two, where there are two. */
export function newest(one: string | undefined, other: string): string {
  return one !== undefined && isOlder(other, one) ? one : other;
}
