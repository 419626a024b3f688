import { parentPort, workerData } from "node:worker_threads";
import { play, type Stage, type Task } from "./cli/rehearse/task.ts";
import type { Told } from "./cli/rehearse/threads.ts";
import { rehearsalTerms } from "./cli/simulate/rehearsal-terms.ts";

/** Often enough for a progress bar. */
const TELL_MS = 100;

// The other end of cli/rehearse/threads.ts: a program of its own, since a thread begins with a file.
const { options, traffic } = workerData as Stage;
const terms = rehearsalTerms(options, traffic);
const tell = (told: Told) => parentPort?.postMessage(told);
let toldAt = performance.now();

parentPort?.on("message", (task: Task) => {
  const outcome = play(terms, task, (share) => {
    const now = performance.now();
    if (now - toldAt < TELL_MS) return;
    toldAt = now;
    tell({ share });
  });
  tell({ outcome });
});
