import { type Fields, fieldsAt, listAt, numberAt, textAt } from "../objects/fields.ts";
import { AGE, type Column, CREATED_AT, column, NAME } from "./column.ts";

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

/** Columns of the kinds that the server only stores, by qualified resource name. */
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
  "rolebindings.rbac.authorization.k8s.io": [
    NAME,
    column("Role", "string", (one) => `${textAt(one, "roleRef", "kind")}/${textAt(one, "roleRef", "name")}`),
    AGE,
  ],
  "clusterrolebindings.rbac.authorization.k8s.io": [
    NAME,
    column("Role", "string", (one) => `${textAt(one, "roleRef", "kind")}/${textAt(one, "roleRef", "name")}`),
    AGE,
  ],
};
