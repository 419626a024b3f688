import { setMaxListeners } from "node:events";

/** Calls back when the signal aborts (at once where it has), until the function returned is called. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => undefined;
  }
  // One signal ends a whole process' work: a hundred calls at once that wait for it are no leak.
  setMaxListeners(0, signal);
  signal.addEventListener("abort", callback, { once: true });
  return () => signal.removeEventListener("abort", callback);
}
