import type { Source } from "../../src/sources/shared/source.ts";
import { SourceError } from "../../src/sources/shared/source-error.ts";

/** A wait for work as a promise, whichever of the two ways the source has; undefined where it has none. */
export function awaitWork(source: Source, signal: AbortSignal): Promise<"maybe-work" | "unsupported"> | undefined {
  if (source.listen === undefined) return source.waitForWork?.(signal);
  return new Promise((resolve, reject) => {
    const cut = () => {
      listening?.stop();
      reject(new SourceError("TimedOut", "the wait was cut short"));
    };
    const listening = source.listen?.({ heard: resolve, failed: reject });
    if (signal.aborted) cut();
    else signal.addEventListener("abort", cut, { once: true });
  });
}
