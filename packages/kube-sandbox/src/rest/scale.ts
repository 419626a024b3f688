import { type Fields, fieldsAt, isFields, type KubeObject, numberAt, textAt, valueAt, withValue } from "../objects.ts";
import { APPLY_PATCH, mergePatch, patchObject } from "../patch/patch-object.ts";
import { present, type ResourceType, type ScalePaths } from "../resources/resource-type.ts";
import { selectorText } from "../resources/selectors.ts";
import { type Answer, type Call, type Cluster, object, readBody, readObject, type Target } from "./call.ts";
import {
  badRequest,
  conflict,
  internalError,
  invalid,
  invalidValue,
  methodNotAllowed,
  uidConflict,
} from "./status-error.ts";
import { updateObject, writeOptions } from "./write-object.ts";

/** The autoscaling/v1 Scale of an object. A zero is left out of spec, as Kubernetes leaves it out. */
function scaleOf(object: KubeObject, paths: ScalePaths): Fields {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = numberAt(object, ...paths.specReplicas);
  if (replicas === undefined) {
    throw internalError(`the spec replicas field ".${paths.specReplicas.join(".")}" does not exist`);
  }
  const selector = scaleSelector(object, paths);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, ...(namespace !== undefined && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: numberAt(object, ...paths.statusReplicas) ?? 0, ...(selector !== "" && { selector }) },
  };
}

function scaleSelector(object: KubeObject, paths: ScalePaths): string {
  if (paths.selector === undefined) return "";
  const selector = valueAt(object, ...paths.selector);
  if (selector === undefined) return "";
  return typeof selector === "string" ? selector : selectorText(fieldsAt(selector));
}

function checkName(name: string, given: string): void {
  if (given === "") {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (given === name) return;
  throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
}

/** The object with the replicas of a Scale that a client sent. Throws if the Scale belongs to another object. */
function withScale(type: ResourceType, object: KubeObject, paths: ScalePaths, scale: Fields): KubeObject {
  const { name, uid, resourceVersion } = object.metadata;
  const given = fieldsAt(scale, "metadata");
  const replicas = valueAt(scale, "spec", "replicas") ?? 0;
  checkName(name, textAt(given, "name"));
  if (typeof replicas !== "number" || !Number.isInteger(replicas)) {
    const into = "Go struct field ScaleSpec.spec.replicas of type int32";
    throw badRequest(
      `Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal ${typeof replicas} into ${into}`,
    );
  }
  // The schema of a custom resource checks this.
  if (replicas < 0 && !type.custom) {
    const error = invalidValue("spec.replicas", replicas, "must be greater than or equal to 0");
    throw invalid({ group: "autoscaling", plural: "scales", kind: "Scale" }, name, [error]);
  }
  const [wantedUid, version] = [textAt(given, "uid"), textAt(given, "resourceVersion")];
  if (wantedUid !== "" && wantedUid !== uid && !type.custom) {
    throw uidConflict({ ...type, plural: `${type.plural}/scale` }, name, wantedUid, uid);
  }
  if (version !== "" && version !== resourceVersion) throw conflict(type, name);
  return withValue(object, paths.specReplicas, replicas) as KubeObject;
}

/** GET, PUT and PATCH of a scale subresource, which change only the replica count. */
export function scaleCall(
  cluster: Cluster,
  { served }: Target,
  call: Call,
  existing: KubeObject,
  paths: ScalePaths,
): Answer {
  if (call.method === "GET") return object(200, scaleOf(existing, paths));
  const scale = wantedScale(served.type, call, scaleOf(existing, paths));
  const wanted = present(served, withScale(served.type, existing, paths, scale));
  const updated = updateObject(cluster, served, existing, wanted, "all", writeOptions(call.query));
  return object(200, scaleOf(updated, paths));
}

function wantedScale({ custom }: ResourceType, call: Call, current: Fields): Fields {
  if (call.method === "PUT") return readObject(call.body, call.mediaType);
  if (call.method !== "PATCH") throw methodNotAllowed();
  if (call.mediaType !== APPLY_PATCH) {
    return patchObject(call.mediaType, current, readBody(call.body, call.mediaType), !custom);
  }
  // Real servers cannot apply to a custom resource's scale either.
  if (custom) throw internalError("failed to convert new object to autoscaling/v1, Kind=Scale");
  const merged = mergePatch(current, readObject(call.body, call.mediaType));
  return isFields(merged) ? merged : current;
}
