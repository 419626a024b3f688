import { onAbort } from "./on-abort.ts";

/** Waits; comes back early, and quietly, when the signal aborts. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      leave();
      resolve();
    }, milliseconds);
    const leave = onAbort(signal, () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
