import type { Autoscaler, Memory, Origin, Problem } from "../../core/index.ts";

/** What a format's parser makes of one document. */
export type Parsed =
  | {
      readonly autoscaler: Autoscaler;
      /** From the object's status: where the last leader stopped. */
      readonly memory: Memory;
      /** Warnings only. */
      readonly problems: readonly Problem[];
    }
  | { readonly id: string; readonly origin: Origin; readonly problems: readonly Problem[] };

/** Who a feed hands autoscalers to: the controller. Level-based: keeping the same thing twice is harmless. */
export interface FeedSink {
  keep(parsed: Parsed): void;
  forget(id: string): void;
}

/** Where autoscalers come from: a watch of objects, a folder of files. */
export interface Feed {
  /** Runs until aborted; resolves `synced` once everything that exists now has been handed over. */
  start(sink: FeedSink, signal: AbortSignal): { readonly synced: Promise<void> };
}
