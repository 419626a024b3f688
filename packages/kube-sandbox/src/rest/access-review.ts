import { type Answer, object } from "./answer.ts";
import type { Call } from "./call.ts";
import { readObject } from "./read-body.ts";

const REVIEW = /^\/apis\/authorization\.k8s\.io\/v1\/selfsubject(access|rules)reviews$/;

/** `kubectl auth can-i` and its like: in a sandbox everybody may do everything. */
export function accessReview(call: Call): Answer | undefined {
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
