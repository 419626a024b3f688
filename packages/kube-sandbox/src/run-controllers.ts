import { deployments } from "./controllers/deployment-controller.ts";
import { retainEvents } from "./controllers/event-recorder.ts";
import { collectGarbage } from "./controllers/garbage-collector.ts";
import { runNamespaces } from "./controllers/namespace-controller.ts";
import { replicaSets } from "./controllers/replica-set-controller.ts";
import { runWorkloadController } from "./controllers/run-workload-controller.ts";
import { statefulSets } from "./controllers/stateful-set-controller.ts";
import { establishCrds } from "./crd/establish-crds.ts";
import { Kubelet, NODE_NAME, type PodBehavior, sandboxNode } from "./kubelet.ts";
import type { KubeObject } from "./objects/kube-object.ts";
import type { Cluster } from "./rest/call.ts";

interface ControllerOptions {
  /** False leaves the API alone: no ReplicaSets, no pods, no garbage collection. */
  readonly controllers?: boolean;
  readonly eventLimit?: number;
  readonly pods?: PodBehavior | ((pod: KubeObject) => PodBehavior) | false;
}

/** The running controllers and kubelet of a cluster. */
interface RunningControllers {
  stop(): Promise<void>;
}

const WORKLOAD_CONTROLLERS = [deployments, replicaSets, statefulSets];

/** Starts every controller, and the simulated node unless `pods` is false. */
export function runControllers(cluster: Cluster, options: ControllerOptions): RunningControllers {
  const stops = [
    establishCrds(cluster.store, cluster.registry, cluster.now),
    retainEvents(cluster.store, options.eventLimit ?? 2_000),
    runNamespaces(cluster),
    ...(options.controllers === false ? [] : runWorkloads(cluster)),
  ];
  const { pods = {} } = options;
  const kubelet = new Kubelet(cluster, typeof pods === "function" ? pods : () => pods || {});
  if (pods !== false && options.controllers !== false) {
    const node = cluster.store.get("nodes", undefined, NODE_NAME);
    if (node === undefined) cluster.store.put("nodes", sandboxNode(cluster.now()));
    kubelet.start();
  }
  return {
    stop: async () => {
      for (const stop of stops) stop();
      await kubelet.stop();
    },
  };
}

function runWorkloads(cluster: Cluster): (() => void)[] {
  const runs = WORKLOAD_CONTROLLERS.map((controller) => runWorkloadController(cluster, controller));
  return [...runs, collectGarbage(cluster)];
}
