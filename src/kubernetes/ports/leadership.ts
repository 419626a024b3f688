/** Whether this process may write, to be asked immediately before each write. */
export interface WritePermit {
  /**
   * Milliseconds that a write begun now may take; 0: none may begin, or not one that was decided on at `decidedAt`
   * (performance.now()), as the process did not run in between.
   */
  leftMs(decidedAt?: number): number;
  /** From now on `callback` is called whenever writes may begin again after `leftMs` was 0. */
  onGranted(callback: () => void): void;
}

/** Where no lease decides: a single process, a dry run. */
export const ALWAYS: WritePermit = { leftMs: () => Number.POSITIVE_INFINITY, onGranted: () => undefined };

/** One of several Muster processes acts at a time. */
export interface Leadership {
  readonly permit: WritePermit;
  /**
   * Runs until aborted. Calls `elected` when this process may act and aborts the signal it gave it the moment it
   * may not any longer (the lease could not be renewed in time). On abort it waits for `elected` to return, then
   * gives the lease back.
   */
  run(elected: (leading: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
}
