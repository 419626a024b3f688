import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { BeanstalkdClient } from "./beanstalkd-client.ts";
import { requirement } from "./requirement.ts";
import { freePort } from "./scripted-tcp.ts";
import { accepts } from "./servers/server-process.ts";

export const BEANSTALKD = requirement("beanstalkd", "install it with `apt-get install beanstalkd`");

/** A real beanstalkd on a free port, without a log on disk. */
export class BeanstalkdServer {
  readonly port: number;
  #process: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  /** Runs until the end of the test. */
  static async start(test: Pick<TestContext, "after">): Promise<BeanstalkdServer> {
    const server = new BeanstalkdServer(await freePort());
    test.after(() => server.stop());
    await server.start();
    return server;
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error("beanstalkd is not running");
    return pid;
  }

  /** Starts on the same port as before, empty. */
  async start(): Promise<void> {
    if (BEANSTALKD.path === undefined) throw new Error(String(BEANSTALKD.skip));
    this.#process = spawn(BEANSTALKD.path, ["-l", "127.0.0.1", "-p", String(this.port)], { stdio: "ignore" });
    const deadline = Date.now() + 10_000;
    while (!(await accepts(this.port))) {
      if (Date.now() > deadline) throw new Error(`beanstalkd did not listen on port ${this.port} within 10 s`);
      await sleep(10);
    }
  }

  async stop(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined || process.exitCode !== null) return;
    const exited = once(process, "exit");
    process.kill("SIGKILL");
    await exited;
  }

  /** Connections stay open and nothing is answered, until `resume`. */
  hang(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  /** Stops taking jobs: DRAINING. */
  drain(): void {
    this.#process?.kill("SIGUSR1");
  }

  /** A connection that is closed at the end of the test. */
  async client(test: Pick<TestContext, "after">): Promise<BeanstalkdClient> {
    const client = await BeanstalkdClient.connect(this.port);
    test.after(() => client.close());
    return client;
  }
}
