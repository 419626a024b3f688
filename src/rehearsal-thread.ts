import { parentPort, workerData } from "node:worker_threads";
import { play, type Task, type ThreadMessage } from "./lab/play-all.ts";
import type { Stage } from "./lab/rehearsal.ts";

/** Often enough for a progress bar. */
const TELL_MS = 100;

// The other end of lab/play-all.ts: a program of its own, since a thread begins with a file.
const stage = workerData as Stage;
const tell = (told: ThreadMessage) => parentPort?.postMessage(told);
let toldAt = performance.now();

parentPort?.on("message", (task: Task) => {
  const outcome = play(stage, task, (share) => {
    const now = performance.now();
    if (now - toldAt < TELL_MS) return;
    toldAt = now;
    tell({ share });
  });
  tell({ outcome });
});
