import type { MessageShape } from "./message-shape.ts";
import { METADATA } from "./metadata-shapes.ts";

const PORT: MessageShape = {
  1: ["name", "text"],
  2: ["hostPort", "count"],
  3: ["containerPort", "number"],
  4: ["protocol", "text"],
};

const CONTAINER: MessageShape = {
  1: ["name", "text"],
  2: ["image", "text"],
  3: ["command", "texts"],
  4: ["args", "texts"],
  5: ["workingDir", "text"],
  6: ["ports", { many: PORT }],
  7: ["env", { many: { 1: ["name", "text"], 2: ["value", "text"] } }],
  8: ["resources", { one: { 1: ["limits", { map: "quantity" }], 2: ["requests", { map: "quantity" }] } }],
  14: ["imagePullPolicy", "text"],
};

/** PodSpec, as far as kubectl's own commands fill it in. */
export const POD_SPEC: MessageShape = {
  2: ["containers", { many: CONTAINER }],
  3: ["restartPolicy", "text"],
  4: ["terminationGracePeriodSeconds", "number"],
  6: ["dnsPolicy", "text"],
  7: ["nodeSelector", { map: "text" }],
  8: ["serviceAccountName", "text"],
  10: ["nodeName", "text"],
  20: ["initContainers", { many: CONTAINER }],
};

/** PodTemplateSpec. */
export const POD_TEMPLATE: MessageShape = { 1: ["metadata", { one: METADATA }], 2: ["spec", { one: POD_SPEC }] };
