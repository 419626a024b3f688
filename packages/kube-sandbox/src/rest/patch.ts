import { type Fields, isFields, type KubeObject, textAt } from "../objects.ts";
import { APPLY_PATCH, applyPatch, patchObject } from "../patch/patch-object.ts";
import { apiVersionOf, present } from "../resources/resource-type.ts";
import { type Call, type Cluster, readBody, readObject, type Target } from "./call.ts";
import { badRequest, invalid, notFound, required } from "./status-error.ts";
import { createObject, type Part, updateObject, type WriteOptions } from "./write-object.ts";

interface Patched {
  readonly object: KubeObject;
  readonly created: boolean;
}

/** Patches an object, or its status alone; server-side apply creates a missing one. Returns whether it was created. */
export function patch(
  cluster: Cluster,
  target: Target,
  call: Call,
  existing: KubeObject | undefined,
  part: Part,
  options: WriteOptions,
): Patched {
  if (call.mediaType === APPLY_PATCH) {
    return apply(cluster, target, readObject(call.body, call.mediaType), existing, part, options);
  }
  if (existing === undefined) throw notFound(target.served.type, target.name ?? "");
  const { served } = target;
  const current = present(served, existing);
  const patched = patchObject(call.mediaType, current, readBody(call.body, call.mediaType), !served.type.custom);
  const body = { apiVersion: current.apiVersion, kind: current.kind, ...patched };
  return { object: updateObject(cluster, served, existing, body, part, options), created: false };
}

function apply(
  cluster: Cluster,
  target: Target,
  body: Fields,
  existing: KubeObject | undefined,
  part: Part,
  options: WriteOptions,
): Patched {
  const { served, name = "" } = target;
  const manager = options.fieldManager;
  if (manager === "") {
    const error = required("fieldManager", "is required for apply patch");
    throw invalid({ group: "meta.k8s.io", plural: "patchoptions", kind: "PatchOptions" }, "", [error]);
  }
  const applied = appliedObject(target, body);
  if (existing === undefined) {
    if (part === "status") throw notFound(served.type, name);
    const object = createObject(cluster, target, applied, options);
    if (!options.dryRun) cluster.applied.set(object.metadata.uid, manager, applied);
    return { object, created: true };
  }
  const current = present(served, existing);
  const key = part === "all" ? manager : `${manager} ${part}`;
  const before = cluster.applied.get(existing.metadata.uid, key);
  const merged = applyPatch(current, applied, before, served.version.schema);
  if (!isFields(merged)) throw badRequest("expected the applied object to be an object");
  const object = updateObject(cluster, served, existing, merged, part, options);
  if (!options.dryRun) cluster.applied.set(existing.metadata.uid, key, applied);
  return { object, created: false };
}

function appliedObject(target: Target, body: Fields): Fields {
  const wanted = apiVersionOf(target.served);
  const apiVersion = textAt(body, "apiVersion");
  if (apiVersion !== wanted) {
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${apiVersion}, expected: ${wanted}`,
    );
  }
  const { name, namespace } = target;
  const metadata = isFields(body.metadata) ? body.metadata : {};
  return { ...body, metadata: { ...metadata, name, ...(namespace !== undefined && { namespace }) } };
}
