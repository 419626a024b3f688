import { type Fields, listAt, numberAt, valueAt } from "../objects/fields.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import { type Condition, datedCondition } from "./conditions.ts";

/**
 * The status of a Deployment, from its ReplicaSets; zeros are left out, as Kubernetes leaves them out. The current one is
 * not up to date where a paused Deployment's template has gone on without it.
 */
export function deploymentStatus(
  deployment: KubeObject,
  current: KubeObject,
  older: readonly KubeObject[],
  isUpToDate: boolean,
  now: number,
): Fields {
  const sum = (field: string): number =>
    [current, ...older].reduce((total, set) => total + (numberAt(set, "status", field) ?? 0), 0);
  const wanted = numberAt(deployment, "spec", "replicas") ?? 0;
  const available = sum("availableReplicas");
  const counts = {
    replicas: sum("replicas"),
    updatedReplicas: isUpToDate ? (numberAt(current, "status", "replicas") ?? 0) : 0,
    readyReplicas: sum("readyReplicas"),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, Math.max(wanted, sum("replicas")) - available),
  };
  const before = listAt(deployment, "status", "conditions");
  const conditions = [
    availability(available, wanted),
    valueAt(deployment, "spec", "paused") === true ? PAUSED : progress(counts, wanted, current),
  ];
  return {
    observedGeneration: deployment.metadata.generation,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    conditions: conditions.map((condition) => datedCondition(before, condition, now)),
  };
}

const PAUSED: Condition = {
  type: "Progressing",
  status: "Unknown",
  reason: "DeploymentPaused",
  message: "Deployment is paused",
};

function availability(available: number, wanted: number): Condition {
  // The default of maxUnavailable, 25 % rounded down.
  const enough = available >= wanted - Math.floor(wanted / 4);
  return {
    type: "Available",
    status: enough ? "True" : "False",
    reason: enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
    message: `Deployment ${enough ? "has" : "does not have"} minimum availability.`,
  };
}

function progress(
  counts: { readonly updatedReplicas: number; readonly availableReplicas: number; readonly replicas: number },
  wanted: number,
  current: KubeObject,
): Condition {
  const { updatedReplicas, availableReplicas, replicas } = counts;
  const done = updatedReplicas === wanted && availableReplicas === wanted && replicas === wanted;
  const name = current.metadata.name;
  return {
    type: "Progressing",
    status: "True",
    reason: done ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
    message: `ReplicaSet "${name}" ${done ? "has successfully progressed" : "is progressing"}.`,
  };
}
