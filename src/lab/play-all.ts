import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { createRehearsal } from "./looks.ts";
import { emptySeries, type Outcome } from "./outcome.ts";
import type { Policy, Stage } from "./rehearsal.ts";
import { simulate } from "./simulate.ts";
import { countMessages, type Traffic } from "./traffic/traffic.ts";

/** Messages and minutes that are played in the time that a thread takes to start. */
const WORTH_A_THREAD = 300_000;
const MINUTE_MS = 60_000;

export interface PlayOptions {
  /** Left out: one for each core. */
  readonly threads?: number | undefined;
  /** Receives shares from 0 to 1 and the name of the policy. */
  readonly progress?: (share: number, policy: string) => void;
}

/** Plays all tasks and returns their outcomes in order. The number of threads does not change them. */
export async function playAll(
  stage: Stage,
  tasks: readonly Task[],
  options: PlayOptions = {},
): Promise<readonly Outcome[]> {
  const threads = threadsFor(stage, tasks.length, options);
  const progress = (share: number, task: Task) => options.progress?.(share, task.name);
  if (threads < 2) {
    return tasks.map((task, index) => play(stage, task, (share) => progress((index + share) / tasks.length, task)));
  }
  const pool = new ThreadPool(threads, { ...stage, traffic: shareTraffic(stage.traffic) });
  try {
    return await pool.play(tasks, progress);
  } finally {
    await pool.close();
  }
}

function threadsFor({ traffic }: Stage, tasks: number, { threads }: PlayOptions): number {
  if (threads !== undefined) return Math.min(tasks, threads);
  const work = tasks * (countMessages(traffic) + traffic.durationMs / MINUTE_MS);
  return Math.min(tasks, availableParallelism(), Math.ceil(work / WORTH_A_THREAD));
}

/** Copies a traffic to memory that all threads share. */
function shareTraffic({ at, counts, spans, serviceMs, ...rest }: Traffic): Traffic {
  return {
    ...rest,
    at: copyToShared(at),
    counts: counts && copyToShared(counts),
    spans: spans && copyToShared(spans),
    serviceMs: serviceMs && copyToShared(serviceMs),
  };
}

function copyToShared(column: Float64Array): Float64Array {
  const copy = new Float64Array(new SharedArrayBuffer(column.byteLength));
  copy.set(column);
  return copy;
}

/** One run of one policy. Plain values only: threads receive it. */
export interface Task extends Policy {
  readonly seed: number;
  /** Keep series and decisions: too much memory for thousands of runs. */
  readonly withSeries: boolean;
}

export function play(stage: Stage, task: Task, progress?: (share: number) => void): Outcome {
  const outcome = simulate({ ...createRehearsal(stage, task), seed: task.seed }, progress);
  return task.withSeries ? outcome : { ...outcome, series: emptySeries(), noted: [] };
}

/** The progress or the outcome of the task that a thread plays. */
export type ThreadMessage = { readonly share: number } | { readonly outcome: Outcome };

/** Threads that play runs. A thread gets its next task when it has finished the previous one. */
export class ThreadPool {
  readonly #workers: readonly Worker[];

  constructor(count: number, stage: Stage) {
    // Node 20 aborted the process when a thread ended while V8 still compiled for it in the background (an assertion
    // in NodePlatform::ForIsolate; one `muster tune` in fifty). Threads started from here on compile in the foreground.
    setFlagsFromString("--no-concurrent-recompilation");
    const file = new URL("build/muster/rehearsal-thread.js", import.meta.resolve("muster/package.json"));
    this.#workers = Array.from({ length: count }, () => new Worker(file, { workerData: stage }));
  }

  /** Returns outcomes in the order of the tasks. Rejects with the first error of any thread. */
  async play(tasks: readonly Task[], progress: (share: number, task: Task) => void): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = new Array(tasks.length);
    const shares = new Float64Array(tasks.length);
    const queue = tasks.entries();
    const report = (index: number, task: Task, share: number) => {
      shares[index] = share;
      progress(shares.reduce((sum, one) => sum + one, 0) / tasks.length, task);
    };
    const work = async (worker: Worker) => {
      for (const [index, task] of queue) {
        outcomes[index] = await playOn(worker, task, (share) => report(index, task, share));
        report(index, task, 1);
      }
    };
    await Promise.all(this.#workers.map(work));
    return outcomes;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function playOn(worker: Worker, task: Task, progress: (share: number) => void): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const take = (message: ThreadMessage) => {
      if ("share" in message) progress(message.share);
      else settle(() => resolve(message.outcome));
    };
    const fail = (error: Error) => settle(() => reject(error));
    const end = (code: number) => fail(new Error(`a thread of the simulation ended with status ${code}`));
    const settle = (how: () => void) => {
      worker.off("message", take).off("error", fail).off("exit", end);
      how();
    };
    worker.on("message", take).on("error", fail).on("exit", end);
    worker.postMessage(task);
  });
}
