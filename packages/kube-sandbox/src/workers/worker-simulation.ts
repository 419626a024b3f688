import { setTimeout as sleep } from "node:timers/promises";
import type { QueueConsumer } from "./queue-consumer.ts";

/** One simulated worker process. */
export interface Worker {
  /** Finishes the message in hand, takes no other, and resolves when the worker has ended. */
  stop(): Promise<void>;
  /** Ends at once; the message in hand comes back to the queue in its own time. */
  kill(): Promise<void>;
}

export interface WorkerOptions {
  readonly consumer: QueueConsumer;
  readonly secondsPerMessage: number;
  /** Called with what went wrong, after which the worker tries again. */
  readonly onError: (error: Error) => void;
  /** Called when the worker has taken a message. */
  readonly onTake: () => void;
  /** Called when it is rid of it again: consumed, or given up. */
  readonly onEnd: (consumed: boolean) => void;
}

const RETRY_MS = 1_000;

/** Starts a worker that takes messages one by one and spends the set time on each. */
export function startWorker(options: WorkerOptions): Worker {
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
  while (!stopping.aborted) {
    try {
      await takeOne(options, stopping, killed);
    } catch (error) {
      if (killed.aborted) return;
      options.onError(error instanceof Error ? error : new Error(String(error)));
      await sleep(RETRY_MS, undefined, { signal: stopping }).catch(ignoreAbort);
    }
  }
}

async function takeOne(options: WorkerOptions, stopping: AbortSignal, killed: AbortSignal): Promise<void> {
  const message = await options.consumer.take(stopping);
  if (message === undefined) return;
  options.onTake();
  let consumed = false;
  try {
    await sleep(options.secondsPerMessage * 1000, undefined, { signal: killed });
    await message.done();
    consumed = true;
  } finally {
    options.onEnd(consumed);
  }
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error) || error.name !== "AbortError") throw error;
}
