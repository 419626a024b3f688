/** The promise's outcome, or a rejection as soon as the signal aborts; what the promise does then is not waited for. */
export function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error("given up", { cause: signal.reason }));
    const end = () => signal.removeEventListener("abort", abort);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(end);
  });
}
