import { WORKER_POD_AUTOSCALER } from "../worker-pod-autoscaler.ts";
import { workerPodAutoscalerSpec } from "../worker-pod-autoscaler-schema.ts";
import { workerPodAutoscalerStatus } from "../worker-pod-autoscaler-status-schema.ts";
import { autoscalerColumns } from "./autoscaler-columns.ts";
import type { Kind } from "./custom-resource-definition.ts";

/** WorkerPodAutoScaler as the API server is to know it. */
export const workerPodAutoscalerKind: Kind = {
  group: "k8s.practo.dev",
  version: "v1",
  kind: WORKER_POD_AUTOSCALER,
  shortNames: ["wpa", "wpas"],
  description: "Scales a Deployment or ReplicaSet on the length of a queue.",
  spec: workerPodAutoscalerSpec,
  keywordsAt: { "": { anyOf: [{ required: ["deploymentName"] }, { required: ["replicaSetName"] }] } },
  status: workerPodAutoscalerStatus,
  columns: autoscalerColumns({
    target: ".spec['deploymentName','replicaSetName']",
    second: {
      name: "Queue length",
      type: "integer",
      description: "Messages waiting and in flight",
      jsonPath: ".status.CurrentMessages",
    },
    current: ".status.CurrentReplicas",
    desired: ".status.DesiredReplicas",
    bound: (field) => `.spec.${field}`,
  }),
};
