import type { Autoscaler, Origin } from "./autoscaler.ts";
import type { Memory } from "./decision.ts";
import type { Problem } from "./problem.ts";

/** What a format's parser makes of one document. */
export type Parsed =
  | {
      readonly autoscaler: Autoscaler;
      /** From the object's status: where the last leader stopped. */
      readonly memory: Memory;
      /** The workload's replicas as the object's status last had them. */
      readonly reportedReplicas?: number;
      /** Warnings only. */
      readonly problems: readonly Problem[];
    }
  | { readonly id: string; readonly origin: Origin; readonly problems: readonly Problem[] };
