/** A message that was taken; `done` removes it from the queue. */
export interface TakenMessage {
  done(): Promise<void>;
}

/** Takes messages from one queue, one at a time. */
export interface QueueConsumer {
  /** Waits for a message, a few seconds at most; undefined where none came or the signal aborted. */
  take(signal: AbortSignal): Promise<TakenMessage | undefined>;
  close(): void;
}
