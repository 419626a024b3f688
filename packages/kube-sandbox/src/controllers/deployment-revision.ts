import { equal } from "../objects/equal.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import type { Cluster } from "../rest/cluster.ts";

const REVISION = "deployment.kubernetes.io/revision";
/** What a Deployment keeps to itself of its annotations; the others go to its newest ReplicaSet, for `rollout history`. */
const OWN_ANNOTATIONS = new Set([REVISION, "kubectl.kubernetes.io/last-applied-configuration"]);

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
