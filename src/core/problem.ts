import type { Autoscaler, Origin } from "./autoscaler.ts";
import type { Memory } from "./decision.ts";

/** One thing that is wrong with what a user wrote: what was expected, what came, where, and what to do. */
export interface Problem {
  /** Path of the field, such as "spec.maxReplicas" or "signals[0].source.queue". Empty: the document as a whole. */
  readonly path: string;
  /** "expected a whole number of 0 or more, got -3". Lower case, no full stop, never a credential. */
  readonly message: string;
  /** What to write instead, as a sentence fragment: "write 0 or more" / "did you mean `maxReplicas`?". */
  readonly remedy?: string;
  /** Which object it is about, such as "ScaledObject shop/mailer", where a text may hold many. */
  readonly object?: string;
  /** Where in the file, where it came from one (1-based). */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** One PascalCase word for the condition, where what was written is right and something else is lacking. */
  readonly reason?: string;
  /** Warnings let the autoscaler run. Default: error. */
  readonly severity?: "error" | "warning";
}

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

/** The id of what a feed handed over, be it an autoscaler or what failed to become one. */
export function idOf(parsed: Parsed): string {
  return "autoscaler" in parsed ? parsed.autoscaler.id : parsed.id;
}

/** Where what a feed handed over was written down. */
export function originOf(parsed: Parsed): Origin {
  return "autoscaler" in parsed ? parsed.autoscaler.origin : parsed.origin;
}
