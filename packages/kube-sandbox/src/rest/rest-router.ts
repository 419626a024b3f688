import type { Fields } from "../objects/fields.ts";
import { coreVersions, groupList, oneGroup, resourceList } from "../openapi/discovery.ts";
import { openApiDocument, openApiIndex, openApiV2 } from "../openapi/openapi.ts";
import { type Answer, type Call, type Cluster, object, text } from "./call.ts";
import { readObject } from "./read-body.ts";
import { resourceCall } from "./resource-verbs.ts";
import { nothingThere, StatusError } from "./status-error.ts";
import type { Target } from "./target.ts";

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
