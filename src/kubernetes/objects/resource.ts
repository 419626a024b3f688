/** A kind of objects, as paths name it. The core group is "". */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

export interface Place {
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
