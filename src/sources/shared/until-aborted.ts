import { SourceError } from "./source-error.ts";

/** The promise's outcome, or TimedOut as soon as the signal aborts; the work behind the promise goes on for others. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(new SourceError("TimedOut", `${what} had not answered when the look was cut short`));
    // Heard in any case: a promise that rejects must have a taker, even where the caller has left already.
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  });
}
