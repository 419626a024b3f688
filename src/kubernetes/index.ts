/** What `cli/` puts together. The controller knows the ports alone. */

export { ClusterAccess } from "./cluster-access.ts";
export { ClusterSecrets } from "./cluster-secrets.ts";
export type { Connection } from "./connection/connection.ts";
export { type ConnectionChoice, findConnection } from "./connection/find-connection.ts";
export { ClusterJobs } from "./jobs/cluster-jobs.ts";
export { withJobs } from "./jobs/with-jobs.ts";
export { Heartbeat } from "./lease/lease-state.ts";
export type { FixedTiming } from "./lease/lease-timing.ts";
export { ThreadedLeadership } from "./lease/threaded-leadership.ts";
export { type ObjectFeed, objectFeed } from "./object-feed.ts";
export { type KubernetesObject, type Resource, resourcePath } from "./objects.ts";
export { ClusterPods } from "./pods/cluster-pods.ts";
export { pacedClient } from "./pods/paced-client.ts";
export { PodTokens } from "./pods/pod-tokens.ts";
export { ClusterReporter } from "./report/cluster-reporter.ts";
export type { StatusFormat } from "./report/status-writer.ts";
export type { ApiClient, CallOutcome } from "./transport/api-client.ts";
export { ConnectedClient } from "./transport/connected-client.ts";
export { WatchCache, type WatchHealth } from "./watch/watch-cache.ts";
export { ClusterWorkloads } from "./workloads/cluster-workloads.ts";
export { readWorkloadScale } from "./workloads/scale-subresource.ts";
