import { type Fields, listAt, numberAt, textAt } from "../objects/fields.ts";
import { AGE, type Column, column, NAME, wideColumn } from "./column.ts";

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
