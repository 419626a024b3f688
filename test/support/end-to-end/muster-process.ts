import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { eventually } from "../waiting.ts";

const BINARY = fileURLToPath(new URL("../../../bin/muster.js", import.meta.url));
const ENVIRONMENT = {
  // Keys that mean nothing, and no search for better ones.
  ...{ AWS_ACCESS_KEY_ID: "AKIATEST", AWS_SECRET_ACCESS_KEY: "test", AWS_EC2_METADATA_DISABLED: "true" },
  // Queues of tests are on this machine, also where that is a pod.
  KUBERNETES_SERVICE_HOST: "",
};
const GONE_WITHIN_MS = 30_000;

export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** How a process ended, and how long that took from when it was told. */
export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly milliseconds: number;
}

/** A real `muster run`, as a process of its own. */
export class MusterProcess {
  readonly #child: ChildProcess;
  #text = "";

  constructor(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [BINARY, "run", ...words], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...ENVIRONMENT, ...environment },
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#text += text;
    });
  }

  /** All that it wrote. */
  get text(): string {
    return this.#text;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Its log, without a line that is still being written. */
  lines(): readonly LogLine[] {
    const whole = this.#text.slice(0, this.#text.lastIndexOf("\n") + 1);
    return whole
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as LogLine);
  }

  said(message: string): readonly LogLine[] {
    return this.lines().filter((line) => line.message === message);
  }

  /** Resolves with the first line of this message. */
  saying(message: string): Promise<LogLine> {
    return eventually(async () => {
      const [line] = this.said(message);
      if (line === undefined) throw new Error(`expected "${message}" in the log, got:\n${this.#text}`);
      return line;
    });
  }

  async get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const { address } = await this.saying("Started");
    const answer = await fetch(`${address}${path}`, { signal: AbortSignal.timeout(5_000) });
    return { status: answer.status, text: await answer.text() };
  }

  /** Resolves once it has seen the cluster's autoscalers. */
  async ready(): Promise<this> {
    await eventually(async () => {
      const { status, text } = await this.get("/readyz");
      if (status !== 200) throw new Error(`not ready: ${text}\n${this.#text}`);
    });
    return this;
  }

  /** The value of one series of /metrics; 0 where there is none yet. */
  async metric(series: string): Promise<number> {
    const { text } = await this.get("/metrics");
    const line = text.split("\n").find((one) => one.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1) ?? 0);
  }

  async residentMebibytes(): Promise<number> {
    return (await this.metric("process_resident_memory_bytes")) / 1024 ** 2;
  }

  /** Sends it and does not wait. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ending> {
    const told = performance.now();
    this.#child.kill(signal);
    return this.ended(told);
  }

  /** Resolves when it has ended; by force if that takes too long. */
  async ended(since = performance.now()): Promise<Ending> {
    const force = setTimeout(() => this.#child.kill("SIGKILL"), GONE_WITHIN_MS);
    if (!this.hasEnded) await once(this.#child, "close");
    clearTimeout(force);
    const { exitCode: status, signalCode } = this.#child;
    return { status, signal: signalCode, milliseconds: performance.now() - since };
  }
}
