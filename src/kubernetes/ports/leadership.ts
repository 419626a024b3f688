/** One of several Muster processes acts at a time. */
export interface Leadership {
  /**
   * Runs until aborted. Calls `elected` when this process may act and aborts the signal it gave it the moment it
   * may not any longer (the lease could not be renewed in time). On abort it waits for `elected` to return, then
   * gives the lease back.
   */
  run(elected: (leading: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
}
