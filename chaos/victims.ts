import { setTimeout as pause } from "node:timers/promises";
import type { BeanstalkdClient } from "../test/support/beanstalkd-client.ts";
import type { BeanstalkdServer } from "../test/support/beanstalkd-server.ts";
import type { Stage } from "../test/support/end-to-end/stage.ts";

const PATIENCE_MS = 60_000;
const ASK_AGAIN_MS = 5;

/** Workloads at zero that wait on idle tubes, whose wakes are measured while somebody else does harm. Each is used once. */
export class Victims {
  readonly #stage: Stage;
  readonly #queue: BeanstalkdClient;
  readonly #asleep: string[];

  private constructor(stage: Stage, queue: BeanstalkdClient, names: string[]) {
    this.#stage = stage;
    this.#queue = queue;
    this.#asleep = names;
  }

  static async open(stage: Stage, server: BeanstalkdServer, count: number): Promise<Victims> {
    const names = Array.from({ length: count }, (_, index) => `victim-${index}`);
    for (const name of names) await stage.pair(name, { queueURI: `beanstalk://127.0.0.1:${server.port}/${name}` });
    return new Victims(stage, await server.client(stage), names);
  }

  /** Milliseconds from a message to the replica it woke, one workload after the other. */
  async wake(count: number): Promise<readonly number[]> {
    const wakes: number[] = [];
    for (const name of this.#asleep.splice(0, count)) {
      await pause(200 + Math.random() * 800);
      await this.#queue.put(name);
      const began = performance.now();
      while ((await this.#stage.replicas(name)) === 0 && performance.now() - began < PATIENCE_MS)
        await pause(ASK_AGAIN_MS);
      wakes.push(performance.now() - began);
    }
    return wakes;
  }
}
