import { SIGNAL_RULES } from "../signal-rule.ts";
import { WORKER_AUTOSCALER } from "../worker-autoscaler.ts";
import { workerAutoscalerFullSpec } from "../worker-autoscaler-shape.ts";
import { workerAutoscalerStatus } from "../worker-autoscaler-status-schema.ts";
import type { Kind } from "./custom-resource-definition.ts";
import { workerAutoscalerRules } from "./worker-autoscaler-rules.ts";

const ready = (field: string): string => `.status.conditions[?(@.type=="Ready")].${field}`;

/** WorkerAutoscaler as the API server is to know it. */
export const workerAutoscalerKind: Kind = {
  group: "muster.dev",
  version: "v1alpha1",
  kind: WORKER_AUTOSCALER,
  plural: "workerautoscalers",
  singular: "workerautoscaler",
  shortNames: ["wa"],
  description: "Scales a workload on the work that waits for it, as one or several signals tell.",
  spec: workerAutoscalerFullSpec(),
  keywordsAt: {
    "signals.items": { oneOf: SIGNAL_RULES.map((rule) => ({ required: [rule] })) },
    "signals.items.source": { minProperties: 1, maxProperties: 1 },
    signals: { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] },
  },
  rulesAt: workerAutoscalerRules,
  status: workerAutoscalerStatus,
  columns: [
    {
      name: "Target",
      type: "string",
      description: "The workload that is scaled",
      jsonPath: ".spec.scaleTargetRef.name",
    },
    { name: "Mode", type: "string", description: "Active, DryRun or Paused", jsonPath: ".spec.mode" },
    { name: "Current", type: "integer", description: "Replicas now", jsonPath: ".status.currentReplicas" },
    { name: "Desired", type: "integer", description: "Replicas asked for", jsonPath: ".status.desiredReplicas" },
    { name: "Min", type: "integer", description: "Fewest replicas", jsonPath: ".spec.minReplicas" },
    { name: "Max", type: "integer", description: "Most replicas", jsonPath: ".spec.maxReplicas" },
    { name: "Ready", type: "string", description: "Whether it can do its work", jsonPath: ready("status") },
    { name: "Reason", type: "string", description: "Why it can or cannot", jsonPath: ready("reason") },
    { name: "Age", type: "date", description: "Since it was made", jsonPath: ".metadata.creationTimestamp" },
  ],
};
