import { type Fields, fieldsAt, listAt, numberAt, textAt } from "../objects.ts";
import { AGE, age, type Column, CREATED_AT, column, NAME, wideColumn } from "../table.ts";
import { eventToStored } from "./object-rules.ts";
import { selectorText } from "./selectors.ts";

const containers = (pod: Fields): readonly unknown[] => listAt(pod, "status", "containerStatuses");
const orNone = (text: string): string => (text === "" ? "<none>" : text);

function ready(pod: Fields): string {
  const count = containers(pod).filter((one) => (one as Fields | null)?.ready === true).length;
  return `${count}/${listAt(pod, "spec", "containers").length}`;
}

function shownStatus(pod: Fields): string {
  if (textAt(pod, "metadata", "deletionTimestamp") !== "") return "Terminating";
  const waiting = containers(pod)
    .map((one) => textAt(one, "state", "waiting", "reason"))
    .find((reason) => reason !== "");
  return waiting ?? (textAt(pod, "status", "reason") || textAt(pod, "status", "phase"));
}

function restarts(pod: Fields): number {
  return containers(pod).reduce<number>((sum, one) => sum + (numberAt(one, "restartCount") ?? 0), 0);
}

function gates(pod: Fields): string {
  const all = listAt(pod, "spec", "readinessGates");
  return all.length === 0 ? "<none>" : `0/${all.length}`;
}

export const POD_COLUMNS: readonly Column[] = [
  NAME,
  column("Ready", "string", ready),
  column("Status", "string", shownStatus),
  column("Restarts", "string", (pod) => String(restarts(pod))),
  AGE,
  wideColumn("IP", "string", (pod) => orNone(textAt(pod, "status", "podIP"))),
  wideColumn("Node", "string", (pod) => orNone(textAt(pod, "spec", "nodeName"))),
  wideColumn("Nominated Node", "string", (pod) => orNone(textAt(pod, "status", "nominatedNodeName"))),
  wideColumn("Readiness Gates", "string", gates),
];

const status = (field: string) => (object: Fields) => numberAt(object, "status", field) ?? 0;
const wanted = (object: Fields): number => numberAt(object, "spec", "replicas") ?? 0;
const readyOfWanted = column("Ready", "string", (object) => `${status("readyReplicas")(object)}/${wanted(object)}`);
const templateField = (field: string) => (object: Fields) =>
  listAt(object, "spec", "template", "spec", "containers")
    .map((container) => textAt(container, field))
    .join(",");
const CONTAINERS = wideColumn("Containers", "string", templateField("name"));
const IMAGES = wideColumn("Images", "string", templateField("image"));
const SELECTOR = wideColumn("Selector", "string", (object) => selectorText(fieldsAt(object, "spec", "selector")));

export const DEPLOYMENT_COLUMNS: readonly Column[] = [
  NAME,
  readyOfWanted,
  column("Up-to-date", "string", status("updatedReplicas")),
  column("Available", "string", status("availableReplicas")),
  AGE,
  CONTAINERS,
  IMAGES,
  SELECTOR,
];

export const JOB_COLUMNS: readonly Column[] = [
  NAME,
  column("Completions", "string", (job) => `${status("succeeded")(job)}/${numberAt(job, "spec", "completions") ?? 1}`),
  AGE,
  CONTAINERS,
  IMAGES,
];

export const REPLICA_SET_COLUMNS: readonly Column[] = [
  NAME,
  column("Desired", "integer", wanted),
  column("Current", "integer", status("replicas")),
  column("Ready", "integer", status("readyReplicas")),
  AGE,
  CONTAINERS,
  IMAGES,
  SELECTOR,
];

export const STATEFUL_SET_COLUMNS: readonly Column[] = [NAME, readyOfWanted, AGE, CONTAINERS, IMAGES];

const first = (event: Fields): string => textAt(event, "firstTimestamp") || textAt(event, "eventTime");
const last = (event: Fields): string =>
  textAt(event, "series", "lastObservedTime") || textAt(event, "lastTimestamp") || first(event);
const count = (event: Fields): number => numberAt(event, "series", "count") ?? numberAt(event, "count") ?? 1;
const about = (event: Fields): Fields => fieldsAt(event, "involvedObject");

function object(event: Fields): string {
  return `${textAt(about(event), "kind").toLowerCase()}/${textAt(about(event), "name")}`;
}

function source(event: Fields): string {
  const component = textAt(event, "source", "component") || textAt(event, "reportingComponent");
  const host = textAt(event, "source", "host") || textAt(event, "reportingInstance");
  return host === "" ? component : `${component}, ${host}`;
}

const COLUMNS: readonly Column[] = [
  column("Last Seen", "string", (event, now) => age(last(event), now)),
  column("Type", "string", (event) => textAt(event, "type")),
  column("Reason", "string", (event) => textAt(event, "reason")),
  column("Object", "string", object),
  wideColumn("Subobject", "string", (event) => textAt(about(event), "fieldPath")),
  wideColumn("Source", "string", source),
  column("Message", "string", (event) => textAt(event, "message").trim()),
  wideColumn("First Seen", "string", (event, now) => age(first(event), now)),
  wideColumn("Count", "string", count),
  { ...NAME, priority: 1 },
];

/** The table of events of both APIs. */
export const EVENT_COLUMNS: readonly Column[] = COLUMNS.map((one) => ({
  ...one,
  cell: (event, now) => one.cell(eventToStored(event), now),
}));

const text = (name: string, ...path: readonly string[]): Column =>
  column(name, "string", (object) => textAt(object, ...path));
const size = (name: string, ...path: readonly string[]): Column =>
  column(name, "integer", (object) => Object.keys(fieldsAt(object, ...path)).length);
const number = (name: string, ...path: readonly string[]): Column =>
  column(name, "string", (object) => String(numberAt(object, ...path) ?? "<unset>"));

function ports(service: Fields): string {
  return listAt(service, "spec", "ports")
    .map((port) => `${numberAt(port, "port") ?? 0}/${textAt(port, "protocol") || "TCP"}`)
    .join(",");
}

function nodeStatus(node: Fields): string {
  const ready = listAt(node, "status", "conditions").find((condition) => textAt(condition, "type") === "Ready");
  return textAt(ready, "status") === "True" ? "Ready" : "NotReady";
}

function target(metric: unknown): string {
  const type = textAt(metric, "type");
  const details = fieldsAt(metric, type.charAt(0).toLowerCase() + type.slice(1));
  const percent = numberAt(details, "target", "averageUtilization");
  if (percent !== undefined) return `${textAt(details, "name")}: <unknown>/${percent}%`;
  return `<unknown>/${textAt(details, "target", "averageValue") || textAt(details, "target", "value") || "auto"}`;
}

const ROLE = column("Role", "string", (one) => `${textAt(one, "roleRef", "kind")}/${textAt(one, "roleRef", "name")}`);

/** Columns of kinds without a controller, by qualified resource name. */
export const OTHER_COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  namespaces: [NAME, text("Status", "status", "phase"), AGE],
  configmaps: [NAME, size("Data", "data"), AGE],
  secrets: [NAME, text("Type", "type"), size("Data", "data"), AGE],
  serviceaccounts: [NAME, column("Secrets", "string", (one) => listAt(one, "secrets").length), AGE],
  nodes: [
    NAME,
    column("Status", "string", nodeStatus),
    column("Roles", "string", () => "<none>"),
    AGE,
    text("Version", "status", "nodeInfo", "kubeletVersion"),
  ],
  services: [
    NAME,
    text("Type", "spec", "type"),
    text("Cluster-IP", "spec", "clusterIP"),
    column("External-IP", "string", () => "<none>"),
    column("Port(s)", "string", ports),
    AGE,
  ],
  "leases.coordination.k8s.io": [NAME, text("Holder", "spec", "holderIdentity"), AGE],
  "horizontalpodautoscalers.autoscaling": [
    NAME,
    column("Reference", "string", (one) => {
      const reference = fieldsAt(one, "spec", "scaleTargetRef");
      return `${textAt(reference, "kind")}/${textAt(reference, "name")}`;
    }),
    column("Targets", "string", (one) => listAt(one, "spec", "metrics").map(target).join(", ") || "<none>"),
    number("MinPods", "spec", "minReplicas"),
    number("MaxPods", "spec", "maxReplicas"),
    column("Replicas", "string", (one) => numberAt(one, "status", "currentReplicas") ?? 0),
    AGE,
  ],
  "customresourcedefinitions.apiextensions.k8s.io": [NAME, CREATED_AT],
  "roles.rbac.authorization.k8s.io": [NAME, CREATED_AT],
  "clusterroles.rbac.authorization.k8s.io": [NAME, CREATED_AT],
  "rolebindings.rbac.authorization.k8s.io": [NAME, ROLE, AGE],
  "clusterrolebindings.rbac.authorization.k8s.io": [NAME, ROLE, AGE],
};
