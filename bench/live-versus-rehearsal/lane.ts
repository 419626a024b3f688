import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Random } from "../../src/lab/random.ts";
import { percentile } from "../support/percentile.ts";
import { OBJECTIVE_SECONDS, type Scene, WORKERS } from "./scenes.ts";
import type { FromWorker, Start, ToWorker } from "./worker.ts";

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));
const HOUR_MS = 3_600_000;

/** A broker: where it is, and how a message gets into it. */
export interface Broker {
  readonly name: string;
  readonly port: number;
  readonly source: (queue: string) => object;
  put(queue: string, body: string): Promise<unknown>;
}

/** Waits, cost and changes of one run, live or not. */
export interface Result {
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
export const spare: ChildProcess[] = [];

/** Made before anything is measured, for that takes more of a machine than all that comes after. */
export async function makeProcesses(count: number): Promise<void> {
  const made = Array.from({ length: count }, anyProcess);
  await Promise.all(made.map((child) => new Promise((resolve) => child.once("message", resolve))));
  spare.push(...made);
}

function anyProcess(): ChildProcess {
  return spare.pop() ?? spawn(process.execPath, [WORKER], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

/** One queue with its Deployment, whose workers are processes. */
export class Lane {
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
      lateShare: waits.filter((wait) => wait > OBJECTIVE_SECONDS).length / waits.length,
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
