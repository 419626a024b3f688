import type { Fields } from "../objects/fields.ts";
import { coreVersions, groupList, oneGroup, resourceList } from "../openapi/discovery.ts";
import { openApiV2 } from "../openapi/openapi-v2.ts";
import { openApiDocument, openApiIndex } from "../openapi/openapi-v3.ts";
import { accessReview } from "./access-review.ts";
import { type Answer, object, text } from "./answer.ts";
import type { Call } from "./call.ts";
import type { Cluster } from "./cluster.ts";
import { resourceCall } from "./resource-verbs.ts";
import { nothingThere, StatusError } from "./status-error.ts";
import type { Target } from "./target.ts";
import { VERSION_INFO } from "./version-info.ts";

/** Answers one request. A StatusError becomes its Status; anything else is a fault of the sandbox. */
export function answer(cluster: Cluster, target: Target | undefined, call: Call, bookmarkSeconds: number): Answer {
  try {
    if (target !== undefined) return resourceCall(cluster, target, call, bookmarkSeconds);
    return document(cluster, call) ?? accessReview(call) ?? missing(call);
  } catch (error) {
    if (error instanceof StatusError) return object(error.code, error.toStatus());
    throw error;
  }
}

/** Kubernetes answers in plain text where not even the group and version are served. */
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
  if (root === "openapi") return openApi(cluster, steps.slice(1), call);
  const found = discovery(cluster, steps);
  return found === undefined ? undefined : object(200, found);
}

function discovery({ registry }: Cluster, steps: readonly string[]): Fields | undefined {
  const [root, group = "", version = ""] = steps;
  if (root === "api") {
    if (steps.length === 1) return coreVersions();
    return steps.length === 2 ? resourceList(registry, "", group) : undefined;
  }
  if (root !== "apis" || steps.length > 3) return undefined;
  if (steps.length === 1) return groupList(registry);
  return steps.length === 2 ? oneGroup(registry, group) : resourceList(registry, group, version);
}

function openApi({ registry }: Cluster, steps: readonly string[], call: Call): Answer | undefined {
  const [version, root, ...rest] = steps;
  if (version === "v2") return { kind: "raw", code: 200, ...openApiV2(call.accept) };
  if (version !== "v3") return undefined;
  if (root === undefined) return object(200, openApiIndex(registry));
  const [group = "", name = ""] = root === "api" ? ["", ...rest] : rest;
  const found = openApiDocument(registry, group, name);
  return found === undefined ? undefined : object(200, found);
}
