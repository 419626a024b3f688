import { type Fields, fieldsAt, listAt, textAt, valueAt } from "../objects.ts";
import { badRequest } from "../rest/status-error.ts";
import type { ResourceType } from "./resource-type.ts";

type Labels = Readonly<Record<string, unknown>>;
type LabelTest = (labels: Labels) => boolean;

const REQUIREMENT =
  /^\s*(?:(!)\s*([^\s!=,()]+)|([^\s!=,()]+)\s+(in|notin)\s*\(([^)]*)\)|([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)|([^\s!=,()]+))\s*$/;

/** Parses the query's `labelSelector`: `a=b,c!=d,e in (f,g),!h`. Undefined if it is malformed. */
export function parseLabelSelector(text: string): LabelTest | undefined {
  const parts = text.trim() === "" ? [] : splitOutsideBrackets(text);
  const tests = parts.map(requirementTest);
  if (!tests.every((test) => test !== undefined)) return undefined;
  return (labels) => tests.every((test) => test(labels));
}

/** Parses a LabelSelector object of a workload. */
export function selectorTest(selector: Fields): LabelTest {
  const wanted = Object.entries(fieldsAt(selector, "matchLabels"));
  const expressions = listAt(selector, "matchExpressions");
  if (wanted.length + expressions.length === 0) return () => false;
  return (labels) =>
    wanted.every(([name, value]) => labels[name] === value) && expressions.every((one) => matches(one, labels));
}

function matches(expression: unknown, labels: Labels): boolean {
  const value = labels[textAt(expression, "key")];
  const values = listAt(expression, "values");
  switch (textAt(expression, "operator")) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false;
  }
}

function requirementTest(text: string): LabelTest | undefined {
  const match = REQUIREMENT.exec(text);
  if (match === null) return undefined;
  const [, not, absent, setKey, setOperator, set, key, operator, value, present] = match;
  if (not !== undefined) return (labels) => labels[absent ?? ""] === undefined;
  if (present !== undefined) return (labels) => labels[present] !== undefined;
  if (setKey !== undefined) {
    const values = (set ?? "").split(",").map((one) => one.trim());
    const wanted = setOperator === "in";
    return (labels) => values.includes(String(labels[setKey] ?? "\0")) === wanted;
  }
  return (labels) => (labels[key ?? ""] === value) === (operator !== "!=");
}

function splitOutsideBrackets(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/);
}

/** By resource: the fields that can be selected, besides the two of every resource. */
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

/** Names of fields in events.k8s.io, by those of the core group's events. */
const RENAMED: Readonly<Record<string, string>> = {
  "regarding.": "involvedObject.",
  reportingController: "reportingComponent",
};

type SelectedResource = Pick<ResourceType, "id" | "custom">;

/** Parses the query's `fieldSelector` for one resource; throws a StatusError for other fields. */
export function parseFieldSelector(text: string, resource: SelectedResource): (object: unknown) => boolean {
  const parts = text.split(",").filter((part) => part.trim() !== "");
  const tests = parts.map((part) => fieldTest(part, resource));
  return (object) => tests.every((test) => test(object));
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

/** Prints a LabelSelector: `app=web,tier in (a,b)`, or `<none>` if it is empty. */
export function selectorText(selector: Fields): string {
  const labels = Object.entries(fieldsAt(selector, "matchLabels")).map(([name, value]) => `${name}=${String(value)}`);
  const expressions = listAt(selector, "matchExpressions").map(expressionText);
  return [...labels.sort(), ...expressions].join(",") || "<none>";
}

function expressionText(expression: unknown): string {
  const [key, operator] = [textAt(expression, "key"), textAt(expression, "operator")];
  if (operator === "Exists") return key;
  if (operator === "DoesNotExist") return `!${key}`;
  return `${key} ${operator.toLowerCase()} (${listAt(expression, "values").join(",")})`;
}
