import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { createRehearsal } from "./looks.ts";
import { emptySeries, type Outcome } from "./outcome.ts";
import type { Policy, Stage } from "./rehearsal.ts";
import { simulate } from "./simulate.ts";
import { countMessages, type Traffic } from "./traffic/traffic.ts";

/** A thread takes a few tenths of a second to start: about as long as so many messages and minutes are played in. */
const WORTH_A_THREAD = 300_000;
const MINUTE_MS = 60_000;

/** How runs are played. */
export interface PlayOptions {
  /** Left out: as many as there are cores. */
  readonly threads?: number | undefined;
  /** Receives shares from 0 to 1, and which policy is played. */
  readonly progress?: (share: number, policy: string) => void;
}

/** Plays all tasks and returns their outcomes in the tasks' order: the same ones for any number of threads. */
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

/** The same traffic in memory that all threads share, instead of a copy for each. */
function shareTraffic({ at, counts, spans, serviceMs, ...rest }: Traffic): Traffic {
  return {
    ...rest,
    at: copyToShared(at),
    ...(counts === undefined ? {} : { counts: copyToShared(counts) }),
    ...(spans === undefined ? {} : { spans: copyToShared(spans) }),
    ...(serviceMs === undefined ? {} : { serviceMs: copyToShared(serviceMs) }),
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
  /** Keep the series and decisions of the run: too much memory for thousands of runs. */
  readonly withSeries: boolean;
}

/** Plays one run. */
export function play(stage: Stage, task: Task, progress?: (share: number) => void): Outcome {
  const outcome = simulate({ ...createRehearsal(stage, task), seed: task.seed }, progress);
  return task.withSeries ? outcome : { ...outcome, series: emptySeries(), noted: [] };
}

/** What a thread says of the task that it has: how far it is, or what came of it. */
export type ThreadMessage = { readonly share: number } | { readonly outcome: Outcome };

/** Threads that play runs. A thread gets its next task when it is done with the one before. */
export class ThreadPool {
  readonly #workers: readonly Worker[];

  constructor(count: number, stage: Stage) {
    // Node 20 aborts the whole process when a thread ends while V8 still compiles for it in the background (an assertion
    // in NodePlatform::ForIsolate; one `muster tune` in fifty). Threads that start from here on compile by themselves.
    setFlagsFromString("--no-concurrent-recompilation");
    const file = new URL("build/muster/rehearsal-thread.js", import.meta.resolve("muster/package.json"));
    this.#workers = Array.from({ length: count }, () => new Worker(file, { workerData: stage }));
  }

  /** Outcomes in the order of the tasks. Rejects with what first went wrong in any thread. */
  async play(tasks: readonly Task[], progress: (share: number, task: Task) => void): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = new Array(tasks.length);
    const shares = new Float64Array(tasks.length);
    const queue = tasks.entries();
    const told = (index: number, task: Task, share: number) => {
      shares[index] = share;
      progress(shares.reduce((sum, one) => sum + one, 0) / tasks.length, task);
    };
    const work = async (worker: Worker) => {
      for (const [index, task] of queue) {
        outcomes[index] = await playOn(worker, task, (share) => told(index, task, share));
        told(index, task, 1);
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
    const take = (told: ThreadMessage) => {
      if ("share" in told) progress(told.share);
      else settle(() => resolve(told.outcome));
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
