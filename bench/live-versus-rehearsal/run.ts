// Plays the same messages live and in the rehearsal, and compares waits and worker-hours:
//   node bench/live-versus-rehearsal/run.ts [--minutes 20] [--copies 3] [--rehearsals 20] [--save FILE]
// Live: a real API server, RabbitMQ and beanstalkd, `muster run`, and each worker a process that sleeps for as long as its
// message says. Two traffics on two brokers, each in several queues at once. KUBEBUILDER_ASSETS says where etcd and kube-apiserver are.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { connect } from "amqplib";
import { parse } from "yaml";
import { estimateMean } from "../../src/lab/comparison.ts";
import type { Outcome } from "../../src/lab/outcome.ts";
import { Random } from "../../src/lab/random.ts";
import type { Ending } from "../../test/support/at-end.ts";
import { BeanstalkdClient } from "../../test/support/beanstalkd-client.ts";
import { BeanstalkdServer } from "../../test/support/beanstalkd-server.ts";
import { startControlPlane } from "../../test/support/control-plane.ts";
import { startRabbitmq } from "../../test/support/servers/rabbitmq.ts";
import { Cluster, deployment } from "../support/cluster.ts";
import { ControllerProcess } from "../support/controller-process.ts";
import { describeMachine } from "../support/machine.ts";
import { percentile } from "../support/percentile.ts";
import { autoscalerObject, rehearseScene, type Scene, scenes, WORKERS } from "./scenes.ts";
import type { FromWorker, Start, ToWorker } from "./worker.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "20" },
    copies: { type: "string", default: "3" },
    rehearsals: { type: "string", default: "20" },
    save: { type: "string" },
  },
});
const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));
const CRD = "deploy/crds/muster.dev_workerautoscalers.yaml";
const AUTOSCALERS = "/apis/muster.dev/v1alpha1/namespaces/default/workerautoscalers";
/** As RabbitMQ has it where nobody sets it. */
const RABBITMQ_STATISTICS_MS = 5_000;
const PROCESSES_A_LANE = 14;
const HOUR_MS = 3_600_000;

/** A broker: where it is, and how a message gets into it. */
interface Broker {
  readonly name: string;
  readonly port: number;
  readonly source: (queue: string) => object;
  put(queue: string, body: string): Promise<unknown>;
}

/** Waits, cost and changes of one run, live or not. */
interface Result {
  readonly meanSeconds: number;
  readonly p50Seconds: number;
  readonly p95Seconds: number;
  readonly p99Seconds: number;
  readonly lateShare: number;
  readonly workerHours: number;
  readonly scalings: number;
}

interface Worker {
  readonly child: ChildProcess;
  readonly madeAt: number;
  readonly startsAt: number;
}

/** Processes that wait to be started. */
const spare: ChildProcess[] = [];

/** Made before anything is measured, for that takes more of a machine than all that comes after. */
async function makeProcesses(count: number): Promise<void> {
  const made = Array.from({ length: count }, anyProcess);
  await Promise.all(made.map((child) => new Promise((resolve) => child.once("message", resolve))));
  spare.push(...made);
}

function anyProcess(): ChildProcess {
  return spare.pop() ?? spawn(process.execPath, [WORKER], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

/** One queue with its Deployment, whose workers are processes. */
class Lane {
  readonly scene: Scene;
  readonly broker: Broker;
  readonly name: string;
  /** Seconds from the beginning, and the new number. */
  readonly changes: (readonly [number, number])[] = [];
  readonly #began: number[] = [];
  readonly #random: Random;
  #workers: Worker[] = [];
  #stopping: Promise<unknown>[] = [];
  #finished = 0;
  #startedAt = 0;
  #workerMs = 0;

  constructor(scene: Scene, broker: Broker, copy: number) {
    this.scene = scene;
    this.broker = broker;
    this.name = `${scene.name}-${broker.name}-${copy}`;
    this.#random = new Random(copy, this.name);
  }

  /** The first worker is there before anything comes. */
  open(): void {
    this.#start(0);
  }

  get isDone(): boolean {
    return this.#finished >= this.scene.traffic.at.length;
  }

  /** What a ReplicaSet and kubelets would do: the newest go first. */
  scale(replicas: number): void {
    if (replicas !== this.#workers.length && this.#startedAt > 0) {
      this.changes.push([Math.round((Date.now() - this.#startedAt) / 1000), replicas]);
    }
    while (this.#workers.length < replicas) {
      const { startUpSeconds, startUpJitter } = WORKERS;
      this.#start(startUpSeconds * 1000 * (1 + startUpJitter * (2 * this.#random.next() - 1)));
    }
    const isStarting = ({ startsAt }: Worker) => startsAt > Date.now();
    const leaving = this.#workers.toSorted(
      (one, other) => Number(isStarting(other)) - Number(isStarting(one)) || other.madeAt - one.madeAt,
    );
    for (const worker of leaving.slice(0, Math.max(0, this.#workers.length - replicas))) this.#stop(worker);
  }

  /** Puts each message when its time has come. */
  async feed(startedAt: number): Promise<void> {
    this.#startedAt = startedAt;
    const { at, serviceMs } = this.scene.traffic;
    for (const [index, moment] of at.entries()) {
      await pause(Math.max(0, startedAt + moment - Date.now()));
      await this.broker.put(this.name, `${index} ${serviceMs?.[index]}`);
    }
  }

  async close(): Promise<void> {
    for (const worker of [...this.#workers]) this.#stop(worker);
    await Promise.all(this.#stopping);
  }

  result(endedAt: number): Result {
    const { at } = this.scene.traffic;
    const waits = Array.from(at, (moment, index) => {
      const began = this.#began[index] ?? endedAt;
      return Math.max(0, began - this.#startedAt - moment) / 1000;
    });
    const atWork = this.#workers.reduce((sum, { madeAt }) => sum + endedAt - Math.max(madeAt, this.#startedAt), 0);
    return {
      meanSeconds: waits.reduce((sum, wait) => sum + wait, 0) / waits.length,
      p50Seconds: percentile(waits, 0.5),
      p95Seconds: percentile(waits, 0.95),
      p99Seconds: percentile(waits, 0.99),
      lateShare: waits.filter((wait) => wait > 60).length / waits.length,
      workerHours: (this.#workerMs + atWork) / HOUR_MS,
      scalings: this.changes.length,
    };
  }

  #start(delayMs: number): void {
    const madeAt = Date.now();
    const startsAt = madeAt + delayMs;
    const child = anyProcess();
    child.removeAllListeners("message").on("message", (said: FromWorker) => {
      if (said === "stopped") return;
      if ("began" in said) this.#began[said.began] = said.at;
      else this.#finished += 1;
    });
    const { broker, name } = this;
    child.send({ broker: broker.name, port: broker.port, queue: name, startsAt } satisfies Start);
    this.#workers.push({ child, madeAt, startsAt });
  }

  #stop(worker: Worker): void {
    this.#workers = this.#workers.filter((one) => one !== worker);
    const { child, madeAt } = worker;
    const stopped = new Promise<void>((resolve) => {
      child.on("message", (said: FromWorker) => said === "stopped" && resolve());
    }).then(() => {
      this.#workerMs += Date.now() - Math.max(madeAt, this.#startedAt);
      spare.push(child);
    });
    this.#stopping.push(stopped);
    child.send("stop" satisfies ToWorker);
  }
}

async function brokers(ending: Ending): Promise<readonly Broker[]> {
  const [rabbitmq, beanstalkd] = [
    await startRabbitmq(ending, undefined, RABBITMQ_STATISTICS_MS),
    await BeanstalkdServer.start(ending as never),
  ];
  const { host, port, managementUrl } = rabbitmq;
  const connection = await connect({ hostname: host, port });
  ending.after(() => connection.close());
  const channel = await connection.createConfirmChannel();
  const queues = new Set<string>();
  const clients = new Map<string, BeanstalkdClient>();
  ending.after(() => {
    for (const client of clients.values()) client.close();
  });
  return [
    {
      ...{ name: "rabbitmq", port, source: (queue) => ({ rabbitmq: { host, port, queue, managementUrl } }) },
      put: async (queue, body) => {
        if (!queues.has(queue)) await channel.assertQueue(queue);
        queues.add(queue);
        if (body !== "") channel.sendToQueue(queue, Buffer.from(body));
      },
    },
    {
      name: "beanstalkd",
      port: beanstalkd.port,
      source: (tube) => ({ beanstalkd: { host: "127.0.0.1", port: beanstalkd.port, tube } }),
      put: async (tube, body) => {
        // One for each tube: which tube is used is a state of the connection.
        const client = clients.get(tube) ?? (await BeanstalkdClient.connect(beanstalkd.port));
        clients.set(tube, client);
        if (body !== "") await client.put(tube, { ttr: 3_600, body });
      },
    },
  ];
}

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void undo().then(() => process.exit(1)));
const undone: (() => unknown)[] = [];
const ending = { after: (undo: () => unknown) => void undone.push(undo) } as unknown as Ending;
try {
  const plane = await startControlPlane();
  undone.push(() => plane.stop());
  const cluster = new Cluster(plane);
  undone.push(() => cluster.close());
  const known = await brokers(ending);
  const lanes = scenes(Number(values.minutes)).flatMap((scene) =>
    known.flatMap((broker) =>
      Array.from({ length: Number(values.copies) }, (_, copy) => new Lane(scene, broker, copy)),
    ),
  );
  const machine = await describeMachine(cluster);
  await makeProcesses(PROCESSES_A_LANE * lanes.length);
  await openLanes(cluster, lanes);
  undone.push(() => Promise.all(lanes.map((lane) => lane.close())));
  const controller = await ControllerProcess.start(plane.kubeconfigPath, plane.directory);
  undone.push(() => controller.stop());
  await controller.ready();
  const startedAt = Date.now();
  const feeding = Promise.all(lanes.map((lane) => lane.feed(startedAt)));
  const results = await collect(lanes);
  await feeding;
  report(lanes, results, machine);
} finally {
  await undo();
}

async function undo(): Promise<void> {
  for (const last of undone.splice(0).reverse()) await last();
  for (const child of spare) child.disconnect();
}

async function openLanes(cluster: Cluster, lanes: readonly Lane[]): Promise<void> {
  await cluster.request(
    "POST",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    parse(readFileSync(CRD, "utf8")),
  );
  await cluster.served(AUTOSCALERS);
  const watch = await cluster.watch((name, replicas) => lanes.find((lane) => lane.name === name)?.scale(replicas));
  undone.push(() => watch.stop());
  for (const lane of lanes) {
    const { name, broker } = lane;
    await broker.put(name, "");
    lane.open();
    await cluster.request("POST", "/apis/apps/v1/namespaces/default/deployments", deployment({ name, replicas: 1 }));
    await cluster.request("POST", AUTOSCALERS, autoscalerObject(name, broker.source(name)));
  }
}

/** As a rehearsal, a run ends with its last message. */
async function collect(lanes: readonly Lane[]): Promise<ReadonlyMap<Lane, Result>> {
  const results = new Map<Lane, Result>();
  const deadline = Date.now() + (Number(values.minutes) + 10) * 60_000;
  while (results.size < lanes.length && Date.now() < deadline) {
    await pause(100);
    for (const lane of lanes) if (lane.isDone && !results.has(lane)) results.set(lane, lane.result(Date.now()));
  }
  for (const lane of lanes) {
    if (!results.has(lane)) throw new Error(`expected ${lane.name} to finish its messages within ten minutes`);
  }
  return results;
}

function rehearsed({ waitSeconds, objective, workerHours, scalings }: Outcome): Result {
  const { mean, p50, p95, p99 } = waitSeconds;
  return {
    ...{ meanSeconds: mean, p50Seconds: p50, p95Seconds: p95, p99Seconds: p99 },
    ...{ lateShare: objective?.shareOver ?? 0, workerHours: workerHours.total, scalings: scalings.up + scalings.down },
  };
}

function report(lanes: readonly Lane[], results: ReadonlyMap<Lane, Result>, machine: object): void {
  const rows = [...Map.groupBy(lanes, ({ scene, broker }) => `${scene.name}, ${broker.name}`).values()].map(
    (copies) => {
      const [{ scene, broker, name }] = copies as [Lane];
      const object = autoscalerObject(name, broker.source(name));
      const seeds = Array.from({ length: Number(values.rehearsals) }, (_, index) => index + 1);
      const live = copies.map((lane) => results.get(lane) as Result);
      const lab = seeds.map((seed) => rehearsed(rehearseScene(scene, object, seed)));
      const fields = Object.keys(live[0] as Result) as (keyof Result)[];
      const compared = Object.fromEntries(
        fields.map((field) => {
          const [one, other] = [live, lab].map((all) => estimateMean(all.map((result) => result[field])));
          return [field, { live: one, rehearsal: other, ratio: (one?.mean ?? 0) / (other?.mean ?? 0) }];
        }),
      );
      return {
        traffic: scene.name,
        about: scene.about,
        broker: broker.name,
        messages: scene.traffic.at.length,
        compared,
        live,
        changes: copies.map(({ changes }) => changes),
      };
    },
  );
  for (const { traffic, broker, compared } of rows) {
    console.log(`${traffic}, ${broker}`);
    for (const [field, { live, rehearsal, ratio }] of Object.entries(compared)) {
      const written = [live, rehearsal].map(
        ({ mean = Number.NaN, plusMinus = 0 } = { mean: Number.NaN }) =>
          `${mean.toPrecision(3)} ± ${plusMinus.toPrecision(2)}`,
      );
      console.log(`  ${field.padEnd(12)} live ${written[0]}, rehearsal ${written[1]}, ratio ${ratio.toFixed(3)}`);
    }
  }
  const { minutes, copies, rehearsals } = values;
  const text = JSON.stringify({ at: new Date().toISOString(), machine, minutes, copies, rehearsals, rows }, null, 2);
  if (values.save !== undefined) writeFileSync(values.save, `${text}\n`);
}
