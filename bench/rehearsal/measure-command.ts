import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Measured {
  readonly seconds: number;
  /** Of all its threads together: what a busy machine changes less. */
  readonly cpuSeconds: number;
  /** The most that was resident at any time. */
  readonly mebibytes: number;
}

const LOOK_MS = 20;

/** Runs `muster simulate` to its end as a user does, its start included. */
export function measureCommand(words: readonly string[]): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn("bin/muster.js", ["simulate", ...words], { stdio: ["ignore", "ignore", "pipe"] });
    let complaint = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    let kibibytes = 0;
    let cpuSeconds = 0;
    const timer = setInterval(() => {
      kibibytes = Math.max(kibibytes, peakOf(child.pid));
      cpuSeconds = Math.max(cpuSeconds, cpuOf(child.pid));
    }, LOOK_MS);
    child.on("error", reject);
    child.on("close", (status) => {
      clearInterval(timer);
      if (status === 0)
        resolve({ seconds: (performance.now() - started) / 1000, cpuSeconds, mebibytes: kibibytes / 1024 });
      else reject(new Error(`muster simulate ended with ${status}: ${complaint}`));
    });
  });
}

/** The kernel's own high-water mark, in KiB; 0 once the process has ended. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Seconds in user and kernel mode, by the kernel's hundredths; 0 once the process has ended. */
function cpuOf(pid: number | undefined): number {
  try {
    // What follows the name, which may hold spaces: state is the first field, utime the twelfth, stime the thirteenth.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}
