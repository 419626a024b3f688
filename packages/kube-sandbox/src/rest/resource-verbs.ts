import type { Fields } from "../objects/fields.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import { present } from "../resources/resource-type.ts";
import { metadataOnly, table } from "../table/table.ts";
import { type Answer, type Call, type Cluster, object, shapeOf } from "./call.ts";
import { deleteObject, deleteOptions } from "./delete-object.ts";
import { list, selectionOf } from "./list.ts";
import { patch } from "./patch.ts";
import { readObject } from "./read-body.ts";
import { scaleCall } from "./scale.ts";
import { methodNotAllowed, notFound, nothingThere, simulatedPod } from "./status-error.ts";
import type { Target } from "./target.ts";
import { watch } from "./watch.ts";
import { createObject, type Part, updateObject, writeOptions } from "./write-object.ts";

const NEEDS_CONTAINER: ReadonlySet<string> = new Set(["log", "exec", "attach", "portforward"]);

/** Kubernetes' name for what a request does; undefined if the method does not fit the path. */
export function verbOf(call: Call, target: Target): string | undefined {
  const isWatch = target.watches || ["true", "1"].includes(call.query.get("watch") ?? "");
  const onObject: Readonly<Record<string, string>> = { GET: "get", PUT: "update", PATCH: "patch", DELETE: "delete" };
  const onList: Readonly<Record<string, string>> = { GET: "list", POST: "create", DELETE: "deletecollection" };
  if (call.method === "GET" && isWatch) return "watch";
  return (target.name === undefined ? onList : onObject)[call.method];
}

/** Performs one request on a resource. */
export function resourceCall(cluster: Cluster, target: Target, call: Call, bookmarkSeconds: number): Answer {
  const { served, subresource = "" } = target;
  if (served.type.id === "pods" && NEEDS_CONTAINER.has(subresource)) throw simulatedPod(subresource);
  const verb = verbOf(call, target);
  if (verb === "watch") return watch(cluster, target, call, bookmarkSeconds);
  if (verb === "list") return object(200, list(cluster, target, call));
  if (verb === "create") return create(cluster, target, call);
  if (verb === "deletecollection") return deleteCollection(cluster, target, call);
  if (verb === undefined) throw methodNotAllowed();
  return objectCall(cluster, target, call, verb);
}

function objectCall(cluster: Cluster, target: Target, call: Call, verb: string): Answer {
  const { served, namespace, name = "", subresource } = target;
  const { scale, hasStatus } = served.version;
  const isServed = subresource === undefined || (subresource === "status" ? hasStatus : isScale(target));
  if (!isServed) throw served.type.custom ? notFound(served.type, name) : nothingThere();
  const existing = cluster.store.get(served.type.id, namespace, name);
  if (verb === "patch" && !isScale(target)) return patched(cluster, target, call, existing);
  if (existing === undefined) throw notFound(served.type, name);
  if (isScale(target) && scale !== undefined) return scaleCall(cluster, target, call, existing, scale);
  if (verb === "get") return shown(cluster, target, call, existing, 200);
  if (verb === "update") return updated(cluster, target, call, existing);
  if (subresource !== undefined) throw methodNotAllowed();
  return remove(cluster, target, call, existing);
}

function isScale({ served, subresource }: Target): boolean {
  return subresource === "scale" && served.version.scale !== undefined;
}

const partOf = (target: Target): Part => (target.subresource === "status" ? "status" : "all");

function patched(cluster: Cluster, target: Target, call: Call, existing: KubeObject | undefined): Answer {
  const options = writeOptions(call.query);
  const { object: written, created } = patch(cluster, target, call, existing, partOf(target), options);
  return shown(cluster, target, call, written, created ? 201 : 200, options.warnings);
}

function updated(cluster: Cluster, target: Target, call: Call, existing: KubeObject): Answer {
  const options = writeOptions(call.query);
  const body = readObject(call.body, call.mediaType);
  const written = updateObject(cluster, target.served, existing, body, partOf(target), options);
  return shown(cluster, target, call, written, 200, options.warnings);
}

function create(cluster: Cluster, target: Target, call: Call): Answer {
  const options = writeOptions(call.query);
  const created = createObject(cluster, target, readObject(call.body, call.mediaType), options);
  return shown(cluster, target, call, created, 201, options.warnings);
}

function remove(cluster: Cluster, target: Target, call: Call, existing: KubeObject): Answer {
  const { type } = target.served;
  const options = deleteOptions(bodyOf(call), call.query);
  const { object: last, gone } = deleteObject(cluster, type, existing, options);
  if (!gone || type.id === "pods") return shown(cluster, target, call, last, 200);
  const { name, uid } = existing.metadata;
  const details = { name, ...(type.group !== "" && { group: type.group }), kind: type.plural, uid };
  return object(200, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details });
}

function bodyOf(call: Call): Fields {
  return call.body.length === 0 ? {} : readObject(call.body, call.mediaType);
}

function deleteCollection(cluster: Cluster, target: Target, call: Call): Answer {
  const selection = selectionOf(target, call.query);
  const { type } = target.served;
  const options = deleteOptions(bodyOf(call), call.query);
  const answer = list(cluster, target, call);
  for (const existing of cluster.store.list(type.id, target.namespace)) {
    if (selection.has(existing)) deleteObject(cluster, type, existing, options);
  }
  return object(200, answer);
}

function shown(
  cluster: Cluster,
  target: Target,
  call: Call,
  stored: KubeObject,
  code: number,
  warnings: readonly string[] = [],
): Answer {
  const { as, include } = shapeOf(call);
  const full = present(target.served, stored);
  if (as === "metadata") return object(code, metadataOnly(full), warnings);
  if (as !== "table") return object(code, full, warnings);
  const metadata = { resourceVersion: stored.metadata.resourceVersion };
  return object(
    code,
    table(target.served.version.columns, [full], { include, now: cluster.now(), metadata }),
    warnings,
  );
}
