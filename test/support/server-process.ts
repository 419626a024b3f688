import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

/** One server program that a test started; it dies with the test process at the latest. */
export interface ServerProcess {
  readonly pid: number;
  readonly exited: boolean;
  /** Resolves when the process is gone; SIGKILL after 5 s where a polite signal was not enough. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** SIGSTOP and SIGCONT: a server that hangs, and one that comes back. */
  pause(): void;
  resume(): void;
  /** The last lines that it wrote. */
  log(): string;
}

/** Starts a program with its output in a log file. */
export function startServer(
  command: string,
  args: readonly string[],
  logFile: string,
  env = process.env,
): ServerProcess {
  const output = openSync(logFile, "a");
  const child = spawn(command, args, { stdio: ["ignore", output, output], env });
  closeSync(output);
  const killWithUs = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", killWithUs);
  const gone = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  }).then(() => {
    process.removeListener("exit", killWithUs);
  });
  return {
    pid: child.pid ?? 0,
    get exited() {
      return hasExited(child);
    },
    stop: (signal = "SIGTERM") => stop(child, gone, signal),
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    log: () => readFileSync(logFile, "utf8").split("\n").slice(-15).join("\n"),
  };
}

function hasExited(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function stop(child: ChildProcess, gone: Promise<void>, signal: NodeJS.Signals): Promise<void> {
  if (hasExited(child)) return gone;
  child.kill("SIGCONT");
  child.kill(signal);
  const force = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await gone;
  clearTimeout(force);
}
