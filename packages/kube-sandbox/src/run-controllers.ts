import { deployments } from "./controllers/deployment-controller.ts";
import { retainEvents } from "./controllers/event-retention.ts";
import { collectGarbage } from "./controllers/garbage-collector.ts";
import { runNamespaces } from "./controllers/namespace-controller.ts";
import { replicaSets } from "./controllers/replica-set-controller.ts";
import { runWorkloadController } from "./controllers/run-workload-controller.ts";
import { statefulSets } from "./controllers/stateful-set-controller.ts";
import { establishCrds } from "./crd/establish-crds.ts";
import type { Cluster } from "./rest/cluster.ts";
import type { PodDefaults } from "./workers/pod-annotations.ts";
import { PodLifecycle } from "./workers/pod-lifecycle.ts";
import { NODE_NAME, sandboxNode } from "./workers/pod-status.ts";
import { type WorkerCounts, WorkerPool } from "./workers/worker-pool.ts";

export interface ControllerOptions {
  /** False leaves the API alone: no ReplicaSets, no pods, no garbage collection. */
  readonly controllers?: boolean;
  readonly eventLimit?: number;
  readonly pods?: Partial<PodDefaults> | false;
  readonly sqsEndpoint?: string;
}

/** All that happens in a cluster without anybody asking. */
export interface RunningControllers {
  workers(): WorkerCounts;
  stop(): Promise<void>;
}

const WORKLOAD_CONTROLLERS = [deployments, replicaSets, statefulSets];
const POD_DEFAULTS: PodDefaults = { startSeconds: 1, stopSeconds: 0.2, secondsPerMessage: 1 };

/** Starts every controller, and the simulated node unless pods are to stay Pending. */
export function runControllers(cluster: Cluster, options: ControllerOptions): RunningControllers {
  const stops = [
    establishCrds(cluster.store, cluster.registry, cluster.now),
    retainEvents(cluster.store, options.eventLimit ?? 2_000),
    runNamespaces(cluster),
    ...(options.controllers === false ? [] : runWorkloads(cluster)),
  ];
  const workers = new WorkerPool(cluster, options.sqsEndpoint);
  const lifecycle = new PodLifecycle(cluster, workers, { ...POD_DEFAULTS, ...(options.pods || {}) });
  if (options.pods !== false && options.controllers !== false) {
    const node = cluster.store.get("nodes", undefined, NODE_NAME);
    if (node === undefined) cluster.store.put("nodes", sandboxNode(cluster.now()));
    lifecycle.start();
  }
  return {
    workers: () => workers.counts(),
    stop: async () => {
      for (const stop of stops) stop();
      await lifecycle.stop();
    },
  };
}

function runWorkloads(cluster: Cluster): (() => void)[] {
  const runs = WORKLOAD_CONTROLLERS.map((controller) => runWorkloadController(cluster, controller));
  return [...runs, collectGarbage(cluster)];
}
