import { setTimeout as sleep } from "node:timers/promises";
import type { PodProcess } from "kube-sandbox";

/** A message that was taken; `done` removes it from the queue. */
export interface TakenMessage {
  done(): Promise<void>;
}

/** Takes messages from one queue, one at a time. */
export interface QueueConsumer {
  /** Waits for a message, a few seconds at most; undefined if none came or the signal aborted. */
  take(signal: AbortSignal): Promise<TakenMessage | undefined>;
  close(): void;
}

export interface WorkerOptions {
  readonly consumer: QueueConsumer;
  readonly secondsPerMessage: number;
  /** Called with a failure, after which the worker tries again. */
  readonly onError: (error: Error) => void;
}

const RETRY_MS = 1_000;

/**
 * Starts a worker that takes messages one by one and spends the set time on each. A stopped worker finishes the message that it
 * has; a killed one leaves it, and the queue makes it visible again.
 */
export function startWorker(options: WorkerOptions): PodProcess {
  const [stopping, killed] = [new AbortController(), new AbortController()];
  const ended = run(options, stopping.signal, killed.signal).finally(() => options.consumer.close());
  return {
    stop: () => {
      stopping.abort();
      return ended;
    },
    kill: () => {
      stopping.abort();
      killed.abort();
      return ended;
    },
  };
}

async function run(options: WorkerOptions, stopping: AbortSignal, killed: AbortSignal): Promise<void> {
  const { consumer, secondsPerMessage, onError } = options;
  while (!stopping.aborted) {
    try {
      const message = await consumer.take(stopping);
      if (message === undefined) continue;
      await sleep(secondsPerMessage * 1000, undefined, { signal: killed });
      await message.done();
    } catch (error) {
      if (killed.aborted) return;
      onError(error instanceof Error ? error : new Error(String(error)));
      await sleep(RETRY_MS, undefined, { signal: stopping }).catch(ignoreAbort);
    }
  }
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error) || error.name !== "AbortError") throw error;
}
