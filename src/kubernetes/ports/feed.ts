import type { Parsed } from "../../core/index.ts";

export type { Parsed } from "../../core/index.ts";

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
