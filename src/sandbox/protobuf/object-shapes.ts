import type { MessageShape } from "./message-shape.ts";
import { METADATA, SELECTOR } from "./metadata-shapes.ts";
import { POD_SPEC, POD_TEMPLATE } from "./pod-shapes.ts";

const metadata: MessageShape = { 1: ["metadata", { one: METADATA }] };

const ROLLING_UPDATE: MessageShape = { 1: ["maxUnavailable", "intOrString"], 2: ["maxSurge", "intOrString"] };

const DEPLOYMENT_SPEC: MessageShape = {
  1: ["replicas", "number"],
  2: ["selector", { one: SELECTOR }],
  3: ["template", { one: POD_TEMPLATE }],
  4: ["strategy", { one: { 1: ["type", "text"], 2: ["rollingUpdate", { one: ROLLING_UPDATE }] } }],
  5: ["minReadySeconds", "count"],
  6: ["revisionHistoryLimit", "number"],
  7: ["paused", "flag"],
  9: ["progressDeadlineSeconds", "number"],
};

const AUTOSCALER_SPEC: MessageShape = {
  1: ["scaleTargetRef", { one: { 1: ["kind", "text"], 2: ["name", "text"], 3: ["apiVersion", "text"] } }],
  2: ["minReplicas", "number"],
  3: ["maxReplicas", "number"],
  4: ["targetCPUUtilizationPercentage", "number"],
};

/** By `apiVersion kind`: what kubectl sends as protobuf where it makes the object itself. */
export const OBJECT_SHAPES: Readonly<Record<string, MessageShape>> = {
  "v1 Namespace": metadata,
  "v1 ServiceAccount": metadata,
  "v1 ConfigMap": {
    ...metadata,
    2: ["data", { map: "text" }],
    3: ["binaryData", { map: "bytes" }],
    4: ["immutable", "flag"],
  },
  "v1 Secret": {
    ...metadata,
    2: ["data", { map: "bytes" }],
    3: ["type", "text"],
    4: ["stringData", { map: "text" }],
    5: ["immutable", "flag"],
  },
  "v1 Pod": { ...metadata, 2: ["spec", { one: POD_SPEC }] },
  "apps/v1 Deployment": { ...metadata, 2: ["spec", { one: DEPLOYMENT_SPEC }] },
  "autoscaling/v1 HorizontalPodAutoscaler": { ...metadata, 2: ["spec", { one: AUTOSCALER_SPEC }] },
  "authorization.k8s.io/v1 SelfSubjectAccessReview": metadata,
  "authorization.k8s.io/v1 SelfSubjectRulesReview": metadata,
};
