import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import type { Outcome } from "../../lab/outcome.ts";
import { shippedPath } from "../../shared/shipped.ts";
import type { Stage, Task } from "./task.ts";

/** What a thread says of the task that it has: how far it is, or what came of it. */
export type Told = { readonly share: number } | { readonly outcome: Outcome };

/** Threads that play runs. A thread gets its next task when it is done with the one before. */
export class Threads {
  readonly #workers: readonly Worker[];

  constructor(count: number, stage: Stage) {
    // Node 20 aborts the whole process when a thread ends while V8 still compiles for it in the background (an assertion
    // in NodePlatform::ForIsolate; one `muster tune` in fifty). Threads that start from here on compile by themselves.
    setFlagsFromString("--no-concurrent-recompilation");
    const file = shippedPath("build/muster/rehearsal-thread.js");
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
    const take = (told: Told) => {
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
