import { availableParallelism } from "node:os";
import type { Outcome } from "../../lab/outcome.ts";
import { messagesIn } from "../../lab/traffic/traffic.ts";
import { numberOf } from "../simulate/numbers.ts";
import { rehearsalTerms } from "../simulate/rehearsal-terms.ts";
import { sharedTraffic } from "./shared-traffic.ts";
import { play, type Stage, type Task } from "./task.ts";
import { Threads } from "./threads.ts";

/** A thread takes a few tenths of a second to start: about as long as so many messages and minutes are played in. */
const WORTH_A_THREAD = 300_000;
const MINUTE_MS = 60_000;

/**
 * Plays all tasks, on as many threads as there are cores or the options say, and returns their outcomes in the tasks'
 * order: the same ones whatever the number of threads. `progress` hears shares from 0 to 1.
 */
export async function playAll(
  stage: Stage,
  tasks: readonly Task[],
  progress: (share: number, task: Task) => void = () => undefined,
): Promise<readonly Outcome[]> {
  const threads = threadsFor(stage, tasks.length);
  if (threads < 2) {
    const terms = rehearsalTerms(stage.options, stage.traffic);
    return tasks.map((task, index) => play(terms, task, (share) => progress((index + share) / tasks.length, task)));
  }
  const pool = new Threads(threads, { ...stage, traffic: sharedTraffic(stage.traffic) });
  try {
    return await pool.play(tasks, progress);
  } finally {
    await pool.close();
  }
}

function threadsFor({ options, traffic }: Stage, tasks: number): number {
  if (options.threads !== undefined) {
    return Math.min(tasks, numberOf("--threads", options.threads, { from: 1, to: 1_024, whole: true }));
  }
  const work = tasks * (messagesIn(traffic) + traffic.durationMs / MINUTE_MS);
  return Math.min(tasks, availableParallelism(), Math.ceil(work / WORTH_A_THREAD));
}
