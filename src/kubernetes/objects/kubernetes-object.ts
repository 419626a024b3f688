/** What every object has; the rest is for whoever asked for the kind. */
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
