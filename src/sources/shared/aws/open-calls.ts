/** The calls of one source that are under way, so that its end is theirs. */
export class OpenCalls {
  readonly #calls = new Set<AbortController>();
  #isClosed = false;

  /** Makes a call with a signal that aborts with the caller's or when these calls are closed. */
  async run<T>(signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const own = new AbortController();
    const abort = () => own.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    this.#calls.add(own);
    if (signal.aborted || this.#isClosed) own.abort();
    try {
      return await call(own.signal);
    } finally {
      this.#calls.delete(own);
      signal.removeEventListener("abort", abort);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const call of this.#calls) call.abort();
  }
}
