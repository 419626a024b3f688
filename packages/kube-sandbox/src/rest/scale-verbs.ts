import { type Fields, isFields } from "../objects/fields.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import { mergePatch } from "../patch/merge-patch.ts";
import { APPLY_PATCH, patchObject } from "../patch/patch-object.ts";
import { present, type ScalePaths } from "../resources/resource-type.ts";
import { type Answer, object } from "./answer.ts";
import type { Call } from "./call.ts";
import type { Cluster } from "./cluster.ts";
import { readBody, readObject } from "./read-body.ts";
import { scaleOf, withScale } from "./scale.ts";
import { internalError, methodNotAllowed } from "./status-error.ts";
import type { Target } from "./target.ts";
import { updateObject } from "./update-object.ts";
import { writeOptions } from "./write-options.ts";

/** GET, PUT and PATCH of a scale subresource: nothing but the replica count changes. */
export function scaleCall(
  cluster: Cluster,
  target: Target,
  call: Call,
  existing: KubeObject,
  paths: ScalePaths,
): Answer {
  if (call.method === "GET") return object(200, scaleOf(existing, paths));
  const scale = wantedScale(target, call, scaleOf(existing, paths));
  const { served } = target;
  const wanted = present(served, withScale(served.type, existing, paths, scale));
  const updated = updateObject(cluster, served, existing, wanted, "all", writeOptions(call.query));
  return object(200, scaleOf(updated, paths));
}

function wantedScale(target: Target, call: Call, current: Fields): Fields {
  if (call.method === "PUT") return readObject(call.body, call.mediaType);
  if (call.method !== "PATCH") throw methodNotAllowed();
  const { custom } = target.served.type;
  if (call.mediaType !== APPLY_PATCH) {
    return patchObject(call.mediaType, current, readBody(call.body, call.mediaType), !custom);
  }
  // Real servers cannot apply to a custom resource's scale either.
  if (custom) throw internalError("failed to convert new object to autoscaling/v1, Kind=Scale");
  const merged = mergePatch(current, readObject(call.body, call.mediaType));
  return isFields(merged) ? merged : current;
}
