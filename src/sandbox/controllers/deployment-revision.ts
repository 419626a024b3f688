import type { KubeObject } from "../objects/kube-object.ts";
import type { Cluster } from "../rest/cluster.ts";

const REVISION = "deployment.kubernetes.io/revision";

/** Which roll-out of its Deployment a ReplicaSet was made or last taken up for; 0 where it does not say. */
export function revisionOf(set: KubeObject): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0) || 0;
}

/** Marks a ReplicaSet as the newest, and its Deployment likewise: `kubectl rollout undo` and `history` go by that. */
export function markRevision(
  cluster: Cluster,
  deployment: KubeObject,
  current: KubeObject,
  older: readonly KubeObject[],
): KubeObject {
  const newest = Math.max(0, ...older.map(revisionOf));
  const revision = String(Math.max(revisionOf(current), newest + 1));
  annotate(cluster, "deployments.apps", deployment, revision);
  return annotate(cluster, "replicasets.apps", current, revision);
}

function annotate(cluster: Cluster, resource: string, object: KubeObject, revision: string): KubeObject {
  const { metadata } = object;
  if (metadata.annotations?.[REVISION] === revision) return object;
  const annotations = { ...metadata.annotations, [REVISION]: revision };
  return cluster.store.put(resource, { ...object, metadata: { ...metadata, annotations } });
}
