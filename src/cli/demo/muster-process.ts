import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { shippedPath } from "../../shared/shipped.ts";

const MUSTER = shippedPath("bin/muster.js");
const STOP_WITHIN_MS = 10_000;
const KEPT_LINES = 20;

/** One line of its log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** `muster run` as a user starts it, in a process of its own, and its log as it is written. */
export class MusterProcess {
  readonly #child: ChildProcess;
  readonly #last: string[] = [];
  /** Rejects when the process ends before it was told to; never resolves. */
  readonly failure: Promise<never>;
  #stopping = false;

  constructor(
    flags: readonly string[],
    environment: Readonly<Record<string, string>>,
    onLine: (line: LogLine) => void,
  ) {
    this.#child = spawn(process.execPath, [MUSTER, "run", ...flags], {
      stdio: ["ignore", "ignore", "pipe"],
      // Its queue is on this machine, also where that is a pod.
      env: { ...process.env, KUBERNETES_SERVICE_HOST: "", ...environment },
    });
    if (this.#child.stderr !== null) {
      createInterface({ input: this.#child.stderr }).on("line", (text) => this.#read(text, onLine));
    }
    this.failure = once(this.#child, "exit").then(([code, signal]) => {
      if (this.#stopping) return new Promise<never>(() => undefined);
      throw new Error(`muster run ended with ${code ?? signal}:\n${this.#last.join("\n")}`);
    });
    this.failure.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const force = setTimeout(() => this.#child.kill("SIGKILL"), STOP_WITHIN_MS);
    await gone;
    clearTimeout(force);
  }

  #read(text: string, onLine: (line: LogLine) => void): void {
    this.#last.push(text);
    if (this.#last.length > KEPT_LINES) this.#last.shift();
    const line = parsed(text);
    if (line !== undefined) onLine(line);
  }
}

/** Not all that a process says is its log: Node's own warnings are text. */
function parsed(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return undefined;
  }
}
