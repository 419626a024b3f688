/** What `cli/` puts together. The controller knows the ports alone. */

export { ClusterAccess } from "./access/cluster-access.ts";
export type { Connection } from "./connection/connection.ts";
export { type ConnectionChoice, findConnection } from "./connection/find-connection.ts";
export { type ObjectFeed, objectFeed } from "./feed/object-feed.ts";
export { Heartbeat } from "./lease/heartbeat.ts";
export type { FixedTiming } from "./lease/lease-timing.ts";
export { ThreadedLeadership } from "./lease/threaded-leadership.ts";
export type { KubernetesObject } from "./objects/kubernetes-object.ts";
export type { Resource } from "./objects/resource.ts";
export { ClusterReporter } from "./report/cluster-reporter.ts";
export type { StatusFormat } from "./report/status-format.ts";
export { ClusterSecrets } from "./secrets/cluster-secrets.ts";
export type { ApiClient, CallOutcome } from "./transport/api-client.ts";
export { ConnectedClient } from "./transport/connected-client.ts";
export type { WatchHealth } from "./watch/watch-cache.ts";
export { ClusterWorkloads } from "./workloads/cluster-workloads.ts";
export { readWorkloadScale } from "./workloads/read-workload-scale.ts";
