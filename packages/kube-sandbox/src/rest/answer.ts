import type { Fields } from "../objects/fields.ts";

/** Takes the lines of a watch; `end` closes the answer. */
export interface WatchSink {
  write(event: { readonly type: string; readonly object: Fields }): void;
  end(): void;
}

/** What the HTTP server sends back. */
export type Answer =
  | { readonly kind: "object"; readonly code: number; readonly body: Fields; readonly warnings?: readonly string[] }
  | { readonly kind: "raw"; readonly code: number; readonly contentType: string; readonly body: string | Buffer }
  /** Starts to write at once; the returned function stops it. */
  | { readonly kind: "watch"; readonly start: (sink: WatchSink) => () => void };

export const object = (code: number, body: Fields, warnings: readonly string[] = []): Answer => ({
  kind: "object",
  code,
  body,
  warnings,
});

export const text = (code: number, body: string): Answer => ({
  kind: "raw",
  code,
  contentType: "text/plain; charset=utf-8",
  body,
});
