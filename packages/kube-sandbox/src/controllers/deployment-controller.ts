import { createHash } from "node:crypto";
import { type Fields, fieldsAt, numberAt, textAt, valueAt } from "../objects/fields.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import { safeLetters } from "../objects/random-suffix.ts";
import type { Cluster } from "../rest/cluster.ts";
import { deleteObject } from "../rest/delete-object.ts";
import { markRevision, revisionOf } from "./deployment-revision.ts";
import { deploymentStatus } from "./deployment-status.ts";
import { recordEvent } from "./event-recorder.ts";
import { controlledBy, ownedMetadata, storeNew } from "./owned-objects.ts";
import type { WorkloadController } from "./run-workload-controller.ts";

const REPLICA_SETS = "replicasets.apps";
const HASH_LABEL = "pod-template-hash";

/** Keeps one ReplicaSet for the present template of each Deployment at the wanted size. */
export const deployments: WorkloadController = {
  resource: "deployments.apps",
  kind: "Deployment",
  makes: REPLICA_SETS,
  reconcile: (cluster, deployment) => {
    const owned = controlledBy(cluster, deployment, REPLICA_SETS);
    const hash = templateHash(deployment);
    const present = owned.find((set) => set.metadata.labels?.[HASH_LABEL] === hash) ?? heldBack(deployment, owned);
    const others = owned.filter((set) => set !== present);
    const current = markRevision(cluster, deployment, scaleCurrent(cluster, deployment, present, hash), others);
    const older = others.map((set) => retire(cluster, deployment, set, current));
    forgetOldest(cluster, deployment, older);
    const isUpToDate = current.metadata.labels?.[HASH_LABEL] === hash;
    return deploymentStatus(deployment, current, older, isUpToDate, cluster.now());
  },
};

/** While a Deployment is paused its newest ReplicaSet stays, whatever the template says by now. */
function heldBack(deployment: KubeObject, owned: readonly KubeObject[]): KubeObject | undefined {
  if (valueAt(deployment, "spec", "paused") !== true) return undefined;
  return [...owned].sort((left, right) => revisionOf(right) - revisionOf(left))[0];
}

function scaleCurrent(
  cluster: Cluster,
  deployment: KubeObject,
  present: KubeObject | undefined,
  hash: string,
): KubeObject {
  const wanted = numberAt(deployment, "spec", "replicas") ?? 0;
  const current = present ?? storeNew(cluster, REPLICA_SETS, newReplicaSet(cluster, deployment, hash));
  return resize(cluster, deployment, current, wanted);
}

/** The old pods go as far as the new ones are ready: no step of the roll-out falls below the wanted number. */
function retire(cluster: Cluster, deployment: KubeObject, old: KubeObject, current: KubeObject): KubeObject {
  const wanted = numberAt(deployment, "spec", "replicas") ?? 0;
  const ready = numberAt(current, "status", "readyReplicas") ?? 0;
  const size = numberAt(old, "spec", "replicas") ?? 0;
  return resize(cluster, deployment, old, Math.min(size, Math.max(0, wanted - ready)));
}

function resize(cluster: Cluster, deployment: KubeObject, set: KubeObject, size: number): KubeObject {
  const before = numberAt(set, "spec", "replicas") ?? 0;
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
  if (type === undefined || idle.length <= keep) return;
  const byAge = [...idle].sort((left, right) => revisionOf(left) - revisionOf(right));
  for (const set of byAge.slice(0, idle.length - keep)) deleteObject(cluster, type, set);
}

function newReplicaSet(cluster: Cluster, deployment: KubeObject, hash: string): KubeObject {
  const template = fieldsAt(deployment, "spec", "template");
  const labels = { ...fieldsAt(template, "metadata", "labels"), [HASH_LABEL]: hash };
  const selector = fieldsAt(deployment, "spec", "selector");
  const matchLabels = { ...fieldsAt(selector, "matchLabels"), [HASH_LABEL]: hash };
  const name = `${deployment.metadata.name}-${hash}`;
  const metadata = {
    ...ownedMetadata(cluster, deployment, "Deployment", name, { metadata: { labels } }),
    generation: 1,
  };
  const labelled = { ...template, metadata: { ...fieldsAt(template, "metadata"), labels } };
  const spec = { replicas: 0, selector: { ...selector, matchLabels }, template: labelled };
  return { apiVersion: "apps/v1", kind: "ReplicaSet", metadata, spec } as unknown as KubeObject;
}

function templateHash(deployment: KubeObject): string {
  const template: Fields = fieldsAt(deployment, "spec", "template");
  const digest = createHash("sha256").update(sortedJson(template)).digest("hex").slice(0, 10);
  return safeLetters(digest) || textAt(deployment, "metadata", "name");
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  );
}
