import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { atEnd, type Ending } from "../at-end.ts";

/** How to run a server's program in the foreground. */
export interface ServerCommand {
  readonly path: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Some servers refuse to run as root. */
  readonly user?: UnprivilegedUser;
  /** Whether it takes requests; a rejection means not yet. */
  ready(): Promise<boolean>;
  /** Some servers start slowly on a busy machine. */
  readonly patienceSeconds?: number;
  /** SIGKILL is right for a server whose data nobody keeps, unless it has children of its own to end. */
  readonly endSignal?: NodeJS.Signals;
}

export interface UnprivilegedUser {
  readonly uid: number;
  readonly gid: number;
}

/** Who runs servers that refuse to run as root: Debian's `nobody` if we are root, else ourselves. */
export function unprivileged(): UnprivilegedUser | undefined {
  return process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
}

/** A folder that the end of the test removes. */
export async function temporaryFolder(test: Ending): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "muster-test-"));
  atEnd(test, () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  return folder;
}

/** Starts a server and waits until it takes requests; it ends with the test. Returns what ends it before. */
export async function runServer(test: Ending, command: ServerCommand): Promise<() => Promise<void>> {
  const child = spawn(command.path, command.args, {
    cwd: command.folder,
    ...command.user,
    env: { PATH: process.env.PATH, MUSTER_TEST_RUN: process.env.MUSTER_TEST_RUN, ...command.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      said = `${said}${chunk}`.slice(-4_000);
    });
  }
  const stop = () => end(child, command.endSignal ?? "SIGKILL");
  atEnd(test, stop);
  const deadline = Date.now() + (command.patienceSeconds ?? 30) * 1000;
  while (!(await command.ready().catch(() => false))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${command.path} did not start:\n${said}`);
    await pause(20);
  }
  return stop;
}

/** Whether something takes connections on a port of 127.0.0.1. */
export async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Whether a GET is answered with 2xx. */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.ok;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  const last = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await exited;
  clearTimeout(last);
}
