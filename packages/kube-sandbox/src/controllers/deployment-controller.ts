import { createHash } from "node:crypto";
import {
  equal,
  type Fields,
  fieldsAt,
  type KubeObject,
  kubeTime,
  listAt,
  numberAt,
  safeLetters,
  textAt,
  valueAt,
} from "../objects.ts";
import type { Cluster } from "../rest/call.ts";
import { deleteObject } from "../rest/delete-object.ts";
import { controlledBy, ownedMetadata, recordEvent, storeNew, type WorkloadController } from "./workload-controller.ts";

const REPLICA_SETS = "replicasets.apps";
const HASH_LABEL = "pod-template-hash";

/** Keeps one ReplicaSet for the current template of each Deployment at the desired size. */
export const deployments: WorkloadController = {
  resource: "deployments.apps",
  kind: "Deployment",
  makes: REPLICA_SETS,
  reconcile: (cluster, deployment) => {
    const byRevision = [...controlledBy(cluster, deployment, REPLICA_SETS)].sort(
      (a, b) => revisionOf(b) - revisionOf(a),
    );
    const hash = templateHash(deployment);
    const hasTemplate = (set: KubeObject): boolean => set.metadata.labels?.[HASH_LABEL] === hash;
    // While a Deployment is paused its newest ReplicaSet stays, even if the template has changed.
    const present = byRevision.find(hasTemplate) ?? (isPaused(deployment) ? byRevision[0] : undefined);
    const others = byRevision.filter((set) => set !== present);
    const wanted = replicasOf(deployment);
    const made = present ?? storeNew(cluster, REPLICA_SETS, newReplicaSet(cluster, deployment, hash));
    const current = markRevision(cluster, deployment, resize(cluster, deployment, made, wanted), others);
    // Removes as many old pods as new ones are ready, so that no step of the roll-out falls below the desired number.
    const most = Math.max(0, wanted - (numberAt(current, "status", "readyReplicas") ?? 0));
    const older = others.map((set) => resize(cluster, deployment, set, Math.min(replicasOf(set), most)));
    forgetOldest(cluster, deployment, older);
    return deploymentStatus(deployment, current, older, hasTemplate(current), cluster.now());
  },
};

const replicasOf = (object: KubeObject): number => numberAt(object, "spec", "replicas") ?? 0;
const isPaused = (deployment: KubeObject): boolean => valueAt(deployment, "spec", "paused") === true;

function resize(cluster: Cluster, deployment: KubeObject, set: KubeObject, size: number): KubeObject {
  const before = replicasOf(set);
  if (before === size) return set;
  const { generation = 1 } = set.metadata;
  const resized = cluster.store.put(REPLICA_SETS, {
    ...set,
    metadata: { ...set.metadata, generation: generation + 1 },
    spec: { ...fieldsAt(set, "spec"), replicas: size },
  });
  const direction = size > before ? "up" : "down";
  recordEvent(cluster, deployment, "Deployment", {
    reason: "ScalingReplicaSet",
    message: `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${size}`,
    component: "deployment-controller",
  });
  return resized;
}

function forgetOldest(cluster: Cluster, deployment: KubeObject, older: readonly KubeObject[]): void {
  const keep = numberAt(deployment, "spec", "revisionHistoryLimit") ?? 10;
  const type = cluster.registry.get(REPLICA_SETS);
  const idle = older.filter((set) => (numberAt(set, "status", "replicas") ?? 0) === 0);
  // The newest come first.
  for (const set of idle.slice(keep)) if (type !== undefined) deleteObject(cluster, type, set);
}

function newReplicaSet(cluster: Cluster, deployment: KubeObject, hash: string): KubeObject {
  const template = fieldsAt(deployment, "spec", "template");
  const labels = { ...fieldsAt(template, "metadata", "labels"), [HASH_LABEL]: hash };
  const selector = fieldsAt(deployment, "spec", "selector");
  const matchLabels = { ...fieldsAt(selector, "matchLabels"), [HASH_LABEL]: hash };
  const name = `${deployment.metadata.name}-${hash}`;
  const owned = ownedMetadata(cluster, deployment, "Deployment", name, { metadata: { labels } });
  const metadata = { ...owned, generation: 1 };
  const labelled = { ...template, metadata: { ...fieldsAt(template, "metadata"), labels } };
  const spec = { replicas: 0, selector: { ...selector, matchLabels }, template: labelled };
  return { apiVersion: "apps/v1", kind: "ReplicaSet", metadata, spec } as unknown as KubeObject;
}

function templateHash(deployment: KubeObject): string {
  const template = sortedJson(fieldsAt(deployment, "spec", "template"));
  return safeLetters(createHash("sha256").update(template).digest("hex").slice(0, 10));
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  );
}

/**
 * The status of a Deployment, from its ReplicaSets. Like Kubernetes, it leaves zeros out. The pods of the current
 * ReplicaSet are not up to date if the template changed while the Deployment was paused.
 */
function deploymentStatus(
  deployment: KubeObject,
  current: KubeObject,
  older: readonly KubeObject[],
  isUpToDate: boolean,
  now: number,
): Fields {
  const sum = (field: string): number =>
    [current, ...older].reduce((total, set) => total + (numberAt(set, "status", field) ?? 0), 0);
  const wanted = replicasOf(deployment);
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
    isPaused(deployment) ? PAUSED : progress(counts, wanted, current),
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

const REVISION = "deployment.kubernetes.io/revision";
/** Annotations that a Deployment does not copy to its newest ReplicaSet; it copies the others for `rollout history`. */
const OWN_ANNOTATIONS = new Set([REVISION, "kubectl.kubernetes.io/last-applied-configuration"]);

/** The roll-out of its Deployment that created or last reused a ReplicaSet; 0 if unknown. */
function revisionOf(set: KubeObject): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0) || 0;
}

/** Marks a ReplicaSet and its Deployment with the newest revision, which `kubectl rollout undo` and `history` read. */
function markRevision(
  cluster: Cluster,
  deployment: KubeObject,
  current: KubeObject,
  older: readonly KubeObject[],
): KubeObject {
  const newest = Math.max(0, ...older.map(revisionOf));
  const revision = String(Math.max(revisionOf(current), newest + 1));
  annotate(cluster, "deployments.apps", deployment, { [REVISION]: revision });
  const inherited = Object.entries(deployment.metadata.annotations ?? {}).filter(
    ([name]) => !OWN_ANNOTATIONS.has(name),
  );
  return annotate(cluster, "replicasets.apps", current, { ...Object.fromEntries(inherited), [REVISION]: revision });
}

function annotate(cluster: Cluster, resource: string, object: KubeObject, added: Record<string, string>): KubeObject {
  const { metadata } = object;
  const annotations = { ...metadata.annotations, ...added };
  if (equal(metadata.annotations ?? {}, annotations)) return object;
  return cluster.store.put(resource, { ...object, metadata: { ...metadata, annotations } });
}

/** One desired condition of a workload's status. */
interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

/** Sets the times of a condition; they change only when the condition does. */
function datedCondition(before: readonly unknown[], condition: Condition, now: number): Fields {
  const known = before.find((one) => textAt(one, "type") === condition.type);
  const time = kubeTime(now);
  const same = textAt(known, "reason") === condition.reason && textAt(known, "message") === condition.message;
  const kept = textAt(known, "status") === condition.status;
  return {
    type: condition.type,
    status: condition.status,
    lastUpdateTime: kept && same ? textAt(known, "lastUpdateTime") || time : time,
    lastTransitionTime: kept ? textAt(known, "lastTransitionTime") || time : time,
    reason: condition.reason,
    message: condition.message,
  };
}
