import { printableDeep } from "../core/index.ts";
import {
  type ClusterOptions,
  type ListedObject,
  listAutoscalers,
  stateOf,
  withCluster,
} from "./shared/cluster-objects.ts";
import { alignColumns, print } from "./shared/print.ts";

/** The options of `muster list`. */
export interface ListOptions extends ClusterOptions {
  readonly output: "text" | "json";
}

/** Prints the autoscalers of the cluster. */
export function list(options: ListOptions): Promise<void> {
  return withCluster(options, async (cluster) => {
    const rows = printableDeep((await listAutoscalers(cluster, options.namespace)).map(rowOf));
    if (options.output === "json") print(`${JSON.stringify(rows, undefined, 2)}\n`);
    else print(rows.length === 0 ? "there are no autoscalers\n" : asText(rows, Date.now()));
  });
}

type Row = ReturnType<typeof rowOf>;

function rowOf(object: ListedObject) {
  const { kind, short, metadata, spec, status } = object;
  const { deploymentName, replicaSetName, scaleTargetRef, jobTemplate } = spec;
  const target = deploymentName ?? replicaSetName ?? scaleTargetRef?.name ?? (jobTemplate === undefined ? "" : "Jobs");
  const messages = status?.CurrentMessages;
  const ready = status?.conditions.find(({ type }) => type === "Ready");
  return {
    kind,
    short,
    namespace: metadata.namespace,
    name: metadata.name,
    target,
    signals: status?.signals ?? (messages === undefined ? [] : [{ name: "queue", value: messages }]),
    currentReplicas: status?.currentReplicas ?? status?.CurrentReplicas,
    desiredReplicas: status?.desiredReplicas ?? status?.DesiredReplicas,
    // Those in force, where the status has them.
    minReplicas: status?.minReplicas ?? spec.minReplicas ?? spec.minReplicaCount ?? 0,
    maxReplicas: status?.maxReplicas ?? spec.maxReplicas ?? spec.maxReplicaCount ?? defaultMaximum(kind),
    state: stateOf(object),
    message: ready?.message,
    createdAt: metadata.creationTimestamp,
  };
}

/** A ScaledObject that states none has KEDA's. */
function defaultMaximum(kind: ListedObject["kind"]): number | undefined {
  return kind === "ScaledObject" ? 100 : undefined;
}

const HEADER = ["NAMESPACE", "NAME", "KIND", "TARGET", "VALUE", "CURRENT", "DESIRED", "STATE", "AGE"];
const NUMBERS = ["VALUE", "CURRENT", "DESIRED", "AGE"].map((title) => HEADER.indexOf(title));

function asText(rows: readonly Row[], now: number): string {
  const lines = rows.map((row) => [
    ...[row.namespace, row.name, row.short, row.target, valuesOf(row), shown(row.currentReplicas)],
    ...[`${shown(row.desiredReplicas)} of ${shown(row.maxReplicas)}`, row.state, age(row.createdAt, now)],
  ]);
  return alignColumns([HEADER, ...lines], (column) => NUMBERS.includes(column))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

const shown = (value: number | undefined): string =>
  value === undefined ? "-" : String(Math.round(value * 1000) / 1000);
const valuesOf = ({ signals }: Row): string => signals.map(({ value }) => shown(value)).join(", ") || "-";

/** As kubectl has it: the largest unit. */
function age(time: string | undefined, now: number): string {
  const seconds = Math.max(0, (now - Date.parse(time ?? "")) / 1000);
  if (Number.isNaN(seconds)) return "-";
  if (seconds < 120) return `${Math.floor(seconds)}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
