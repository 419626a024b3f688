import { workerAutoscalerStatus, workerPodAutoscalerStatus } from "../status-schema.ts";
import { SIGNAL_RULES, WORKER_AUTOSCALER, workerAutoscalerFullSpec } from "../worker-autoscaler.ts";
import { WORKER_POD_AUTOSCALER, workerPodAutoscalerSpec } from "../worker-pod-autoscaler.ts";
import type { Column, Kind } from "./custom-resource-definition.ts";
import { workerAutoscalerRules } from "./worker-autoscaler-rules.ts";

const DECISION = ".status.lastDecision.reason";
const ready = (field: string): string => `.status.conditions[?(@.type=="Ready")].${field}`;
const first = (field: string): string => `.status.signals[0].${field}`;

/** WorkerAutoscaler as the API server is to know it. */
export const workerAutoscalerKind: Kind = {
  group: "muster.dev",
  version: "v1alpha1",
  kind: WORKER_AUTOSCALER,
  shortNames: ["wa"],
  description: "Scales a workload on the work that waits for it, as one or several signals report it.",
  spec: workerAutoscalerFullSpec(),
  keywordsAt: {
    "": { oneOf: [{ required: ["scaleTargetRef"] }, { required: ["jobTemplate"] }] },
    // None beside a jobTemplate.
    "signals.items": {
      oneOf: [
        ...SIGNAL_RULES.map((rule) => ({ required: [rule] })),
        { not: { anyOf: SIGNAL_RULES.map((rule) => ({ required: [rule] })) } },
      ],
    },
    "signals.items.source": { minProperties: 1, maxProperties: 1 },
    signals: { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] },
  },
  rulesAt: workerAutoscalerRules,
  status: workerAutoscalerStatus,
  columns: autoscalerColumns({
    // Of a jobTemplate the kind, which the API server fills in: the Jobs are named after the object.
    target: ".spec['scaleTargetRef','jobTemplate']['name','kind']",
    second: { name: "Value", type: "number", description: "What the first signal said last", jsonPath: first("value") },
    current: ".status.currentReplicas",
    desired: ".status.desiredReplicas",
    bound: (field) => `.status.${field}`,
    wide: [
      { name: "Mode", type: "string", description: "Active, DryRun or Paused", jsonPath: ".spec.mode" },
      { name: "Signal", type: "string", description: "The first signal", jsonPath: first("name") },
      { name: "Trust", type: "string", description: "How far it can be believed", jsonPath: first("trust") },
      { name: "Decision", type: "string", description: "The rule or limit that had the last say", jsonPath: DECISION },
      { name: "Last scale", type: "date", description: "Since the last change", jsonPath: ".status.lastScaleTime" },
    ],
  }),
};

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

/** What differs between the columns of our kinds. */
interface ColumnsOptions {
  /** JSONPaths. */
  readonly target: string;
  readonly current: string;
  readonly desired: string;
  /** What stands between the target and the replicas. */
  readonly second: Column;
  /** JSONPath of a bound in force. */
  readonly bound: (field: "minReplicas" | "maxReplicas") => string;
  /** What `-o wide` shows too. */
  readonly wide?: readonly Column[];
}

/** What kubectl prints of an autoscaler of either kind. */
function autoscalerColumns({ target, second, current, desired, bound, wide = [] }: ColumnsOptions): readonly Column[] {
  return [
    { name: "Target", type: "string", description: "The workload that is scaled", jsonPath: target },
    second,
    { name: "Current", type: "integer", description: "Replicas now", jsonPath: current },
    { name: "Desired", type: "integer", description: "Replicas asked for", jsonPath: desired },
    { name: "Min", type: "integer", description: "Fewest replicas", jsonPath: bound("minReplicas") },
    { name: "Max", type: "integer", description: "Most replicas", jsonPath: bound("maxReplicas") },
    { name: "Ready", type: "string", description: "Whether it can do its work", jsonPath: ready("status") },
    { name: "Reason", type: "string", description: "Why it can or cannot", jsonPath: ready("reason") },
    {
      name: "Decided",
      type: "date",
      description: "Since a decision last differed from the one before it",
      jsonPath: ".status.lastDecision.time",
    },
    ...wide.map((column) => ({ ...column, priority: 1 })),
    { name: "Age", type: "date", description: "Since it was made", jsonPath: ".metadata.creationTimestamp" },
  ];
}
