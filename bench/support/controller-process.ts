import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../test/support/free-port.ts";

/** Kernel clock ticks a second (getconf CLK_TCK), the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const READY_WITHIN_MS = 60_000;

/** `muster run` as a user starts it, in a process of its own; in the cgroup that MUSTER_BENCH_CGROUP names. */
export class ControllerProcess {
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #logFile: string;
  readonly startedAt = performance.now();

  private constructor(child: ChildProcess, port: number, logFile: string) {
    this.#child = child;
    this.#port = port;
    this.#logFile = logFile;
  }

  static async start(
    kubeconfigPath: string,
    folder: string,
    { flags = [], env = {} }: { flags?: readonly string[]; env?: Record<string, string> } = {},
  ): Promise<ControllerProcess> {
    const port = await freePort();
    const logFile = join(folder, `controller-${port}.log`);
    const log = openSync(logFile, "a");
    const words = ["run", "--kube-config", kubeconfigPath, "--metrics-port", `127.0.0.1:${port}`, ...flags];
    const child = spawn("bin/muster.js", words, {
      stdio: ["ignore", log, log],
      // Queues of benches are on this machine, also where that is a pod.
      env: { ...process.env, KUBERNETES_SERVICE_HOST: "", ...env },
    });
    closeSync(log);
    const cgroup = process.env.MUSTER_BENCH_CGROUP;
    if (cgroup !== undefined) writeFileSync(join(cgroup, "cgroup.procs"), String(child.pid));
    return new ControllerProcess(child, port, logFile);
  }

  /** Resolves with the milliseconds from the start until /readyz said yes. */
  async ready(): Promise<number> {
    while (!(await this.#isReady())) {
      const late = performance.now() - this.startedAt > READY_WITHIN_MS;
      if (late || this.#child.exitCode !== null) throw new Error(`the controller is not ready:\n${this.log()}`);
      await sleep(20);
    }
    return performance.now() - this.startedAt;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** CPU seconds used so far, and memory in MiB: resident now, and at its highest. */
  usage(): { readonly cpuSeconds: number; readonly rssMiB: number; readonly peakRssMiB: number } {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8");
    // Fields after the command's name, which may hold spaces: utime and stime are the 14th and 15th of all.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    const kibibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      rssMiB: kibibytes("VmRSS") / 1024,
      peakRssMiB: kibibytes("VmHWM") / 1024,
    };
  }

  log(): string {
    return readFileSync(this.#logFile, "utf8").split("\n").slice(-20).join("\n");
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const force = setTimeout(() => this.#child.kill("SIGKILL"), 15_000);
    await gone;
    clearTimeout(force);
  }

  async #isReady(): Promise<boolean> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.#port}/readyz`, { signal: AbortSignal.timeout(2_000) });
      await answer.arrayBuffer();
      return answer.status === 200;
    } catch {
      return false;
    }
  }
}
