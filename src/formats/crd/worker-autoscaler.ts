import { SIGNAL_RULES } from "../signal-rule.ts";
import { WORKER_AUTOSCALER } from "../worker-autoscaler.ts";
import { workerAutoscalerFullSpec } from "../worker-autoscaler-shape.ts";
import { workerAutoscalerStatus } from "../worker-autoscaler-status-schema.ts";
import { autoscalerColumns } from "./autoscaler-columns.ts";
import type { Kind } from "./custom-resource-definition.ts";
import { workerAutoscalerRules } from "./worker-autoscaler-rules.ts";

const DECISION = ".status.lastDecision.reason";
const first = (field: string): string => `.status.signals[0].${field}`;

/** WorkerAutoscaler as the API server is to know it. */
export const workerAutoscalerKind: Kind = {
  group: "muster.dev",
  version: "v1alpha1",
  kind: WORKER_AUTOSCALER,
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
  columns: autoscalerColumns({
    target: ".spec.scaleTargetRef.name",
    second: { name: "Mode", type: "string", description: "Active, DryRun or Paused", jsonPath: ".spec.mode" },
    current: ".status.currentReplicas",
    desired: ".status.desiredReplicas",
    bound: (field) => `.status.${field}`,
    wide: [
      { name: "Signal", type: "string", description: "The first signal", jsonPath: first("name") },
      { name: "Value", type: "number", description: "What it said last", jsonPath: first("value") },
      { name: "Trust", type: "string", description: "How far it can be believed", jsonPath: first("trust") },
      { name: "Decision", type: "string", description: "The rule or limit that had the last say", jsonPath: DECISION },
      { name: "Last scale", type: "date", description: "Since the last change", jsonPath: ".status.lastScaleTime" },
    ],
  }),
};
