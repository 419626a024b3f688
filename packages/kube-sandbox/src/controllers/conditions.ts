import { type Fields, textAt } from "../objects/fields.ts";
import { kubeTime } from "../objects/kube-object.ts";

/** One condition of a workload's status, as its controller wants it to be. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

/** Dates a condition: times move only where something changed. */
export function datedCondition(before: readonly unknown[], condition: Condition, now: number): Fields {
  const known = before.find((one) => textAt(one, "type") === condition.type);
  const time = kubeTime(now);
  const same = textAt(known, "reason") === condition.reason && textAt(known, "message") === condition.message;
  const kept = textAt(known, "status") === condition.status;
  return {
    type: condition.type,
    status: condition.status,
    lastUpdateTime: kept && same ? textAt(known, "lastUpdateTime") || time : time,
    lastTransitionTime: kept ? textAt(known, "lastTransitionTime") || time : time,
    reason: condition.reason,
    message: condition.message,
  };
}
