import { setMaxListeners } from "node:events";

/** Runs tasks later: this machine's timers, or a clock that a test moves. */
export interface Timers {
  /** Runs `task` once, after this many milliseconds, unless cancelled. May run early for delays over 24 days. */
  after(milliseconds: number, task: () => void): Timer;
}

export interface Timer {
  /** Idempotent, and harmless after the task has run. */
  cancel(): void;
}

/** setTimeout fires at once beyond this. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

export const systemTimers: Timers = {
  after(milliseconds, task) {
    const timeout = setTimeout(task, Math.min(Math.max(milliseconds, 0), LONGEST_TIMEOUT));
    return { cancel: () => clearTimeout(timeout) };
  },
};

/** Calls back when the signal aborts (at once if it has), until the returned function is called. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => undefined;
  }
  // One signal ends a whole process: a hundred calls that wait for it at once are no leak.
  setMaxListeners(0, signal);
  signal.addEventListener("abort", callback, { once: true });
  return () => signal.removeEventListener("abort", callback);
}

/** Waits. Resolves early when the signal aborts. */
export function pause(milliseconds: number, signal: AbortSignal, timers = systemTimers): Promise<void> {
  return new Promise((resolve) => {
    const timer = timers.after(milliseconds, () => {
      leave();
      resolve();
    });
    const leave = onAbort(signal, () => {
      timer.cancel();
      resolve();
    });
  });
}

/** The promise's outcome, or a rejection as soon as the signal aborts. The work behind the promise goes on. */
export function untilAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
  reason: () => unknown = () => signal.reason,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const leave = onAbort(signal, () => reject(reason()));
    // Handled even after an abort: a promise that rejects later must not end the process.
    promise.then(resolve, reject).finally(leave);
  });
}

/** Whether all promises settle within this time. Resolves as soon as that is known. */
export function settleWithin(
  milliseconds: number,
  promises: readonly Promise<unknown>[],
  timers = systemTimers,
): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = timers.after(milliseconds, () => resolve(false));
    Promise.allSettled(promises).then(() => {
      timer.cancel();
      resolve(true);
    });
  });
}

/** How long work may take. */
export interface Limit {
  readonly milliseconds: number;
  /** Ends the work before its time is over. */
  readonly signal?: AbortSignal;
  readonly timers?: Timers;
  /** Why the work was given up: its time was over (`isExpired`), or the signal aborted. Default: a plain Error, or the signal's reason. */
  readonly reason?: (isExpired: boolean) => unknown;
}

/** A signal that aborts with its parent or when the time is over. `end` gives the timer and the listener back. */
export class Deadline {
  readonly #own = new AbortController();
  readonly #limit: Limit;
  readonly #leave: () => void;
  #timer: Timer | undefined;
  #isExpired = false;

  constructor(limit: Limit) {
    this.#limit = limit;
    const { signal, reason } = limit;
    this.restartClock();
    this.#leave = signal ? onAbort(signal, () => this.#abort(reason ? reason(false) : signal.reason)) : () => undefined;
  }

  get signal(): AbortSignal {
    return this.#own.signal;
  }

  /** Whether the time, not the parent, ended it. */
  get isExpired(): boolean {
    return this.#isExpired;
  }

  /** The time counts from now. */
  restartClock(): void {
    const { milliseconds, timers = systemTimers, reason } = this.#limit;
    this.stopClock();
    this.#timer = timers.after(milliseconds, () => {
      this.#isExpired = !this.signal.aborted;
      this.#abort(reason ? reason(true) : new Error(`no answer within ${milliseconds} ms`));
    });
  }

  /** The time does not count any more; the parent still does. */
  stopClock(): void {
    this.#timer?.cancel();
  }

  end(): void {
    this.stopClock();
    this.#leave();
  }

  #abort(reason: unknown): void {
    this.#own.abort(reason);
  }
}

/**
 * Does `work` within a limit. Rejects as soon as the limit is reached, whatever the work does then; the signal that the work
 * gets aborts with the same reason. Does not begin where the limit's signal has aborted.
 */
export async function runWithin<Value>(limit: Limit, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const deadline = new Deadline(limit);
  try {
    deadline.signal.throwIfAborted();
    return await untilAborted(work(deadline.signal), deadline.signal);
  } finally {
    deadline.end();
  }
}

/** Does `work` with a signal that aborts as soon as one of these does. */
export async function withAnySignal<Value>(
  signals: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const own = new AbortController();
  const leaves = signals.map((signal) => onAbort(signal, () => own.abort(signal.reason)));
  try {
    return await work(own.signal);
  } finally {
    for (const leave of leaves) leave();
  }
}
