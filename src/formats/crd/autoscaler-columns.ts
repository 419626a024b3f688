import type { Column } from "./custom-resource-definition.ts";

/** What differs between the columns of our kinds. */
export interface ColumnsOptions {
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

const ready = (field: string): string => `.status.conditions[?(@.type=="Ready")].${field}`;

/** What kubectl prints of an autoscaler of either kind. */
export function autoscalerColumns({
  target,
  second,
  current,
  desired,
  bound,
  wide = [],
}: ColumnsOptions): readonly Column[] {
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
