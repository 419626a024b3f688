import { onAbort } from "./on-abort.ts";

/** The promise's outcome, or a rejection as soon as the signal aborts; what the promise does then is not waited for. */
export function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const leave = onAbort(signal, () => reject(new Error("given up", { cause: signal.reason })));
    promise.then(resolve, reject).finally(leave);
  });
}
