import type { Fields, KubeObject } from "../objects.ts";
import { present } from "../resources/resource-type.ts";
import { metadataOnly, table } from "../table.ts";
import { type Answer, type Call, type Cluster, object, readObject, shapeOf, type Target, text } from "./call.ts";
import { deleteObject, deleteOptions } from "./delete-object.ts";
import { discover, openApiV2 } from "./discovery.ts";
import { list, selectionOf } from "./list.ts";
import { patch } from "./patch.ts";
import { scaleCall } from "./scale.ts";
import { methodNotAllowed, notFound, nothingThere, StatusError, simulatedPod } from "./status-error.ts";
import { watch } from "./watch.ts";
import { createObject, updateObject, writeOptions } from "./write-object.ts";

/** Answers one request. A StatusError becomes its Status; any other error is a bug of the sandbox. */
export function answer(cluster: Cluster, target: Target | undefined, call: Call, bookmarkSeconds: number): Answer {
  try {
    if (target !== undefined) return resourceCall(cluster, target, call, bookmarkSeconds);
    return document(cluster, call) ?? accessReview(call) ?? missing(call);
  } catch (error) {
    if (error instanceof StatusError) return object(error.code, error.toStatus());
    throw error;
  }
}

/** Kubernetes answers in plain text if the group and version are not served. */
function missing(call: Call): Answer {
  const steps = call.path.split("/").filter((step) => step !== "").length;
  if (call.path.startsWith("/apis/") ? steps > 3 : call.path.startsWith("/api/v1/")) throw nothingThere();
  return text(404, "404 page not found\n");
}

function document(cluster: Cluster, call: Call): Answer | undefined {
  if (call.method !== "GET" && call.method !== "HEAD") return undefined;
  const steps = call.path.split("/").filter((step) => step !== "");
  const [root] = steps;
  if (root === "healthz" || root === "readyz" || root === "livez") return text(200, "ok");
  if (root === "version" && steps.length === 1) return object(200, VERSION_INFO);
  if (root === "openapi" && steps[1] === "v2") return { kind: "raw", code: 200, ...openApiV2(call.accept) };
  const found = discover(cluster.registry, steps);
  return found === undefined ? undefined : object(200, found);
}

/** The answer to `/version`: the Kubernetes version that the sandbox imitates. */
const VERSION_INFO: Fields = {
  major: "1",
  minor: "32",
  gitVersion: "v1.32.0+kube-sandbox",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "none",
  platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
};

const REVIEW = /^\/apis\/authorization\.k8s\.io\/v1\/selfsubject(access|rules)reviews$/;

/** The access reviews of `kubectl auth can-i`: a sandbox allows everything. */
function accessReview(call: Call): Answer | undefined {
  const review = REVIEW.exec(call.path)?.[1];
  if (review === undefined || call.method !== "POST") return undefined;
  const body = readObject(call.body, call.mediaType);
  const every = ["*"];
  const rules = {
    resourceRules: [{ verbs: every, apiGroups: every, resources: every }],
    nonResourceRules: [{ verbs: every, nonResourceURLs: every }],
    incomplete: false,
  };
  return object(201, { ...body, status: review === "access" ? { allowed: true } : rules });
}

const NEEDS_CONTAINER: ReadonlySet<string> = new Set(["log", "exec", "attach", "portforward"]);

/** Kubernetes' name for what a request does; undefined if the method does not fit the path. */
export function verbOf(call: Call, target: Target): string | undefined {
  const isWatch = target.watches || ["true", "1"].includes(call.query.get("watch") ?? "");
  const onObject: Readonly<Record<string, string>> = { GET: "get", PUT: "update", PATCH: "patch", DELETE: "delete" };
  const onList: Readonly<Record<string, string>> = { GET: "list", POST: "create", DELETE: "deletecollection" };
  if (call.method === "GET" && isWatch) return "watch";
  return (target.name === undefined ? onList : onObject)[call.method];
}

function resourceCall(cluster: Cluster, target: Target, call: Call, bookmarkSeconds: number): Answer {
  const { served, subresource = "" } = target;
  if (served.type.id === "pods" && NEEDS_CONTAINER.has(subresource)) throw simulatedPod(subresource);
  const verb = verbOf(call, target);
  switch (verb) {
    case "watch":
      return watch(cluster, target, call, bookmarkSeconds);
    case "list":
      return object(200, list(cluster, target, call));
    case "create": {
      const options = writeOptions(call.query);
      const created = createObject(cluster, target, readObject(call.body, call.mediaType), options);
      return shown(cluster, target, call, created, 201, options.warnings);
    }
    case "deletecollection":
      return deleteCollection(cluster, target, call);
    case undefined:
      throw methodNotAllowed();
    default:
      return objectCall(cluster, target, call, verb);
  }
}

function objectCall(cluster: Cluster, target: Target, call: Call, verb: string): Answer {
  const { served, namespace, name = "", subresource } = target;
  const { hasStatus } = served.version;
  const scale = subresource === "scale" ? served.version.scale : undefined;
  const isServed = subresource === undefined || scale !== undefined || (subresource === "status" && hasStatus);
  if (!isServed) throw served.type.custom ? notFound(served.type, name) : nothingThere();
  const existing = cluster.store.get(served.type.id, namespace, name);
  if (scale === undefined && (verb === "patch" || verb === "update")) return write(cluster, target, call, existing);
  if (existing === undefined) throw notFound(served.type, name);
  if (scale !== undefined) return scaleCall(cluster, target, call, existing, scale);
  if (verb === "get") return shown(cluster, target, call, existing, 200);
  if (subresource !== undefined) throw methodNotAllowed();
  return remove(cluster, target, call, existing);
}

/** Patches or replaces an object, or its status alone. */
function write(cluster: Cluster, target: Target, call: Call, existing: KubeObject | undefined): Answer {
  const { served, name = "", subresource } = target;
  const part = subresource === "status" ? "status" : "all";
  const options = writeOptions(call.query);
  if (call.method === "PATCH") {
    const { object: patched, created } = patch(cluster, target, call, existing, part, options);
    return shown(cluster, target, call, patched, created ? 201 : 200, options.warnings);
  }
  if (existing === undefined) throw notFound(served.type, name);
  const updated = updateObject(cluster, served, existing, readObject(call.body, call.mediaType), part, options);
  return shown(cluster, target, call, updated, 200, options.warnings);
}

function remove(cluster: Cluster, target: Target, call: Call, existing: KubeObject): Answer {
  const { type } = target.served;
  const { object: last, gone } = deleteObject(cluster, type, existing, deleteOptions(bodyOf(call), call.query));
  if (!gone || type.id === "pods") return shown(cluster, target, call, last, 200);
  const { name, uid } = existing.metadata;
  const details = { name, ...(type.group !== "" && { group: type.group }), kind: type.plural, uid };
  return object(200, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details });
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

function bodyOf(call: Call): Fields {
  return call.body.length === 0 ? {} : readObject(call.body, call.mediaType);
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
  if (as === "object") return object(code, full, warnings);
  const metadata = { resourceVersion: stored.metadata.resourceVersion };
  const options = { include, now: cluster.now(), metadata };
  return object(code, table(target.served.version.columns, [full], options), warnings);
}
