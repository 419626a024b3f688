import type { KubeObject } from "../objects/kube-object.ts";

/** One write, as watches see it. */
export interface Change {
  readonly revision: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** `plural.group` of the resource. */
  readonly resource: string;
  /** After the write; of a deletion, the last state. */
  readonly object: KubeObject;
  /** Before the write; absent for ADDED. */
  readonly previous?: KubeObject;
}
