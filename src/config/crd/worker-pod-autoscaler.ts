import { WORKER_POD_AUTOSCALER } from "../worker-pod-autoscaler.ts";
import { workerPodAutoscalerSpec } from "../worker-pod-autoscaler-schema.ts";
import { workerPodAutoscalerStatus } from "../worker-pod-autoscaler-status-schema.ts";
import type { Kind } from "./custom-resource-definition.ts";

const ready = (field: string): string => `.status.conditions[?(@.type=="Ready")].${field}`;

/** WorkerPodAutoScaler as the API server is to know it. */
export const workerPodAutoscalerKind: Kind = {
  group: "k8s.practo.dev",
  version: "v1",
  kind: WORKER_POD_AUTOSCALER,
  plural: "workerpodautoscalers",
  singular: "workerpodautoscaler",
  shortNames: ["wpa", "wpas"],
  description: "Scales a Deployment or ReplicaSet on the length of a queue.",
  spec: workerPodAutoscalerSpec,
  keywordsAt: { "": { anyOf: [{ required: ["deploymentName"] }, { required: ["replicaSetName"] }] } },
  status: workerPodAutoscalerStatus,
  columns: [
    {
      name: "Target",
      type: "string",
      description: "The workload that is scaled",
      jsonPath: ".spec['deploymentName','replicaSetName']",
    },
    {
      name: "Queue length",
      type: "integer",
      description: "Messages waiting and in flight",
      jsonPath: ".status.CurrentMessages",
    },
    { name: "Current", type: "integer", description: "Replicas now", jsonPath: ".status.CurrentReplicas" },
    { name: "Desired", type: "integer", description: "Replicas asked for", jsonPath: ".status.DesiredReplicas" },
    { name: "Min", type: "integer", description: "Fewest replicas", jsonPath: ".spec.minReplicas" },
    { name: "Max", type: "integer", description: "Most replicas", jsonPath: ".spec.maxReplicas" },
    { name: "Ready", type: "string", description: "Whether it can do its work", jsonPath: ready("status") },
    { name: "Reason", type: "string", description: "Why it can or cannot", jsonPath: ready("reason") },
    { name: "Age", type: "date", description: "Since it was made", jsonPath: ".metadata.creationTimestamp" },
  ],
};
