import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BeanstalkdClient } from "../../test/support/beanstalkd-client.ts";
import type { ControlPlane } from "../../test/support/control-plane.ts";
import { freePort } from "../../test/support/free-port.ts";
import { requirement } from "../../test/support/requirement.ts";
import { type ServerProcess, startServer } from "../../test/support/server-process.ts";
import { Cluster, type Pair } from "./cluster.ts";
import { ControllerProcess } from "./controller-process.ts";
import { ReplicaWatch } from "./replica-watch.ts";

/** One row's surroundings: a cluster with nothing in it, a beanstalkd of its own, and what it starts. */
export class World {
  readonly cluster: Cluster;
  readonly queue: BeanstalkdClient;
  /** Objects that the row should have in the cluster. */
  readonly objects: number;
  readonly #plane: ControlPlane;
  readonly #beanstalkd: ServerProcess;
  readonly #beanstalkdPort: number;
  readonly #folder: string;
  readonly #controllers: ControllerProcess[] = [];
  readonly #watches: ReplicaWatch[] = [];

  private constructor(
    plane: ControlPlane,
    objects: number,
    beanstalkd: { readonly server: ServerProcess; readonly port: number; readonly client: BeanstalkdClient },
    folder: string,
  ) {
    this.#plane = plane;
    this.objects = objects;
    this.cluster = new Cluster(plane);
    this.#beanstalkd = beanstalkd.server;
    this.#beanstalkdPort = beanstalkd.port;
    this.queue = beanstalkd.client;
    this.#folder = folder;
  }

  static async open(plane: ControlPlane, objects: number): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), "muster-bench-"));
    const { path } = requirement("beanstalkd", "install it with `apt-get install beanstalkd`");
    if (path === undefined)
      throw new Error("expected beanstalkd in PATH: install it with `apt-get install beanstalkd`");
    const port = await freePort();
    const server = startServer(path, ["-l", "127.0.0.1", "-p", String(port)], join(folder, "beanstalkd.log"));
    return new World(plane, objects, { server, port, client: await connected(port) }, folder);
  }

  /** `count` Deployments with their autoscalers; tube and both objects carry the same name. */
  async fill(count: number, rest: { readonly replicas?: number; readonly messagesPerWorker?: number } = {}) {
    const pairs = Array.from({ length: count }, (_, index): Pair => {
      const name = `worker-${index}`;
      return {
        name,
        queueUri: `beanstalk://127.0.0.1:${this.#beanstalkdPort}/${name}`,
        replicas: rest.replicas ?? 0,
        messagesPerWorker: rest.messagesPerWorker ?? 10,
      };
    });
    await this.cluster.create(pairs);
    return pairs.map(({ name }) => name);
  }

  /** A controller that is being started; it ends with the world. */
  async startController(options: { flags?: readonly string[]; env?: Record<string, string> } = {}) {
    const controller = await ControllerProcess.start(this.#plane.kubeconfigPath, this.#folder, options);
    this.#controllers.push(controller);
    return controller;
  }

  /** A controller that is ready and has had time to poll everything once. */
  async settledController(options: { flags?: readonly string[]; env?: Record<string, string> } = {}) {
    const controller = await this.startController(options);
    await controller.ready();
    await sleep(this.extent(1_500, 3_000) + this.objects);
    return controller;
  }

  /** Rounds or seconds to measure for: fewer with few objects, so that a whole run of those takes under three minutes. */
  extent(few: number, many: number): number {
    return this.objects <= 100 ? few : many;
  }

  /** A watch of all Deployments; it ends with the world. */
  async watch(): Promise<ReplicaWatch> {
    const watch = await ReplicaWatch.open(this.cluster);
    this.#watches.push(watch);
    return watch;
  }

  /** Connections to beanstalkd other than the benchmark's own. */
  async connections(): Promise<number> {
    return Number(await this.queue.stat("stats", "current-connections")) - 1;
  }

  /** The last lines of every controller's log. */
  logs(): string {
    return this.#controllers.map((controller) => controller.log()).join("\n");
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) watch.close();
    for (const controller of this.#controllers) await controller.stop();
    this.queue.close();
    await this.#beanstalkd.stop();
    await this.cluster.deleteAll();
    await this.cluster.close();
  }
}

async function connected(port: number): Promise<BeanstalkdClient> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      return await BeanstalkdClient.connect(port);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(20);
    }
  }
}
