import type { ResourceRegistry } from "../resources/resource-registry.ts";
import type { ServedResource } from "../resources/resource-type.ts";

/** What a path names. */
export interface Target {
  readonly served: ServedResource;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  /** The old form `/watch/...`. */
  readonly watches: boolean;
}

/** Parses `/api/v1/...` and `/apis/GROUP/VERSION/...`; undefined if no such resource is served. */
export function parseTarget(registry: ResourceRegistry, path: string): Target | undefined {
  const [root, ...segments] = path
    .split("/")
    .filter((segment) => segment !== "")
    .map(decodeURIComponent);
  if (root !== "api" && root !== "apis") return undefined;
  const group = root === "api" ? "" : (segments.shift() ?? "");
  const version = segments.shift() ?? "";
  const watches = segments[0] === "watch";
  if (watches) segments.shift();
  const { namespace, plural = "", name, subresource, tooLong } = placeOf(segments);
  const served = registry.find(group, version, plural);
  if (served === undefined || tooLong || !fitsScope(served, namespace, name)) return undefined;
  return {
    served,
    watches,
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    ...(subresource !== undefined && { subresource }),
  };
}

interface Place {
  readonly namespace?: string | undefined;
  readonly plural?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  readonly tooLong: boolean;
}

// `namespaces/NAME` and its subresources are the Namespace itself; `namespaces/NAME/pods` is in it.
function placeOf(segments: readonly string[]): Place {
  const inNamespace = segments[0] === "namespaces" && segments.length > 2 && !isNamespacePart(segments[2]);
  const [plural, name, subresource, ...more] = inNamespace ? segments.slice(2) : segments;
  return { namespace: inNamespace ? segments[1] : undefined, plural, name, subresource, tooLong: more.length > 0 };
}

function fitsScope(served: ServedResource, namespace: string | undefined, name: string | undefined): boolean {
  if (!served.type.namespaced) return namespace === undefined;
  return namespace !== undefined || name === undefined;
}

function isNamespacePart(segment: string | undefined): boolean {
  return segment === "status" || segment === "finalize";
}
