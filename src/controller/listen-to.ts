import type { Listening, Source, WorkListener } from "../sources/shared/source.ts";

/** Listens for work on any kind of source: where it waits by a promise, what that says is heard, unless stopped before. */
export function listenTo(source: Source, listener: WorkListener): Listening {
  if (source.listen !== undefined) return source.listen(listener);
  const abort = new AbortController();
  const unlessStopped = (hear: () => void) => {
    if (!abort.signal.aborted) hear();
  };
  source.waitForWork?.(abort.signal).then(
    (end) => unlessStopped(() => listener.heard(end === "unsupported" ? end : "maybe-work")),
    (error: unknown) => unlessStopped(() => listener.failed(error)),
  );
  return { stop: () => abort.abort(new Error("the wait was called off")) };
}
