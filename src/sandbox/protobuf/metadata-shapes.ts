import type { MessageShape } from "./message-shape.ts";

const OWNER: MessageShape = {
  1: ["kind", "text"],
  3: ["name", "text"],
  4: ["uid", "text"],
  5: ["apiVersion", "text"],
  6: ["controller", "flag"],
  7: ["blockOwnerDeletion", "flag"],
};

/** ObjectMeta. */
export const METADATA: MessageShape = {
  1: ["name", "text"],
  2: ["generateName", "text"],
  3: ["namespace", "text"],
  5: ["uid", "text"],
  6: ["resourceVersion", "text"],
  8: ["creationTimestamp", "time"],
  11: ["labels", { map: "text" }],
  12: ["annotations", { map: "text" }],
  13: ["ownerReferences", { many: OWNER }],
  14: ["finalizers", "texts"],
};

const REQUIREMENT: MessageShape = { 1: ["key", "text"], 2: ["operator", "text"], 3: ["values", "texts"] };

/** LabelSelector. */
export const SELECTOR: MessageShape = {
  1: ["matchLabels", { map: "text" }],
  2: ["matchExpressions", { many: REQUIREMENT }],
};
