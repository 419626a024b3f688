import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Time for a server that was asked to stop to be gone. */
const GRACE_MS = 5_000;

/**
 * Ends the processes that a test run left behind, found by the MUSTER_TEST_RUN they inherited; answers what they were.
 * Only Linux shows the environment of another process: elsewhere it finds none.
 */
export async function endLeftovers(run) {
  const deadline = Date.now() + GRACE_MS;
  let left = withMark(run);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(100);
    left = withMark(run);
  }
  for (const { pid } of left) end(pid);
  return left.map(({ pid, command }) => `${command} (process ${pid})`);
}

function end(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

function withMark(run) {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => read(`/proc/${pid}/environ`).split("\0").includes(`MUSTER_TEST_RUN=${run}`))
    .map((pid) => ({
      pid: Number(pid),
      command: read(`/proc/${pid}/cmdline`).split("\0").join(" ").trim().slice(0, 120),
    }));
}

/** Empty for a process that ended meanwhile or is somebody else's. */
function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
