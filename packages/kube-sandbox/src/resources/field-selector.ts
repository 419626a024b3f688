import { valueAt } from "../objects/fields.ts";
import { badRequest } from "../rest/status-error.ts";
import type { ResourceType } from "./resource-type.ts";

/** By resource: the fields one may select by, beside the two that every resource has. */
const SELECTABLE: Readonly<Record<string, readonly string[]>> = {
  pods: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
  ],
  events: [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
  namespaces: ["status.phase"],
  secrets: ["type"],
  "replicasets.apps": ["status.replicas"],
};

/** What events.k8s.io calls the fields of the core group's events. */
const RENAMED: Readonly<Record<string, string>> = {
  "regarding.": "involvedObject.",
  reportingController: "reportingComponent",
};

/** What a selector need know of a resource. */
type SelectedResource = Pick<ResourceType, "id" | "custom">;

/** The query's `fieldSelector`, for one resource; throws a StatusError for what it cannot select by. */
export function parseFieldSelector(text: string, resource: SelectedResource): (object: unknown) => boolean {
  const parts = text.split(",").filter((part) => part.trim() !== "");
  const tests = parts.map((part) => fieldTest(part, resource));
  return (object) => tests.every((test) => test(object));
}

/** Where the selector picks one object by its name: that name. */
export function selectedName(text: string): string | undefined {
  return /^metadata\.name==?([^,!=]+)$/.exec(text.trim())?.[1];
}

function fieldTest(part: string, resource: SelectedResource): (object: unknown) => boolean {
  const match = /^\s*([^=!\s]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(part);
  if (match === null) throw badRequest(`invalid field selector; can't understand '${part}'`);
  const [, asked = "", operator, value] = match;
  const field = renamed(asked);
  const allowed = ["metadata.name", "metadata.namespace", ...(SELECTABLE[resource.id] ?? [])];
  if (!allowed.includes(field)) throw unknownField(asked, allowed, resource);
  const path = field === "source" ? ["source", "component"] : field.split(".");
  return (object) => (String(valueAt(object, ...path) ?? "") === value) === (operator !== "!=");
}

function unknownField(asked: string, allowed: readonly string[], { id, custom }: SelectedResource): Error {
  const known = allowed.map((field) => `"${field}"`).join(", ");
  return badRequest(
    custom || id in SELECTABLE
      ? `field label not supported: ${asked}`
      : `"${asked}" is not a known field selector: only ${known}`,
  );
}

function renamed(field: string): string {
  for (const [from, to] of Object.entries(RENAMED)) if (field.startsWith(from)) return to + field.slice(from.length);
  return field;
}
