import type { Random } from "../random.ts";
import { TimeHeap } from "./number-queues.ts";
import type { Workers } from "./plant.ts";

export interface Worker {
  readonly id: number;
  state: "starting" | "ready" | "stopping" | "gone";
  busy: number;
  /** Messages that it is done with. */
  done: number;
}

/** Every worker: which are starting, have room for a message, or stop and are still at work. */
export class Workforce {
  starting = 0;
  ready = 0;
  stopping = 0;
  /** Ready workers with at least one message. */
  busy = 0;
  /** Messages that ready workers could take now. */
  room = 0;
  /** Workers that had messages when they were stopped. */
  busyStopped = 0;
  readonly #terms: Workers;
  readonly #random: Random;
  /** Starting and ready workers, oldest first. */
  #roster: Worker[] = [];
  readonly #byId = new Map<number, Worker>();
  readonly #starts = new TimeHeap();
  readonly #graces = new TimeHeap();
  readonly #idle: Worker[] = [];
  #idleFrom = 0;
  #ids = 0;

  constructor(terms: Workers, random: Random) {
    this.#terms = terms;
    this.#random = random;
  }

  get replicas(): number {
    return this.starting + this.ready;
  }

  /** When the next worker becomes ready or reaches the end of its grace. */
  get nextAt(): number {
    return Math.min(this.#starts.firstAt, this.#graces.firstAt);
  }

  /** Handles the event of `nextAt`; returns a worker whose messages return to the queue. */
  happen(): Worker | undefined {
    if (this.#starts.firstAt <= this.#graces.firstAt) {
      const worker = this.#byId.get(this.#starts.take());
      if (worker?.state === "starting") this.#begin(worker);
      return undefined;
    }
    const worker = this.#byId.get(this.#graces.take());
    return worker?.state === "stopping" ? worker : undefined;
  }

  /** Scales to `replicas`. At the start of a run the workers are ready at once (`areThere`). */
  scale(replicas: number, now: number, areThere = false): void {
    for (let count = this.replicas; count < replicas; count += 1) this.#hire(now, areThere);
    if (replicas < this.replicas) this.#dismiss(this.replicas - replicas, now);
  }

  /** Gives a message to the worker that has had room for longest. Requires room. */
  take(): Worker {
    for (;;) {
      const worker = this.#idle[this.#idleFrom] as Worker;
      this.#idleFrom += 1;
      if (this.#idleFrom > 4096 && this.#idleFrom * 2 > this.#idle.length) {
        this.#idle.splice(0, this.#idleFrom);
        this.#idleFrom = 0;
      }
      if (worker.state !== "ready") continue;
      worker.busy += 1;
      this.room -= 1;
      if (worker.busy === 1) this.busy += 1;
      return worker;
    }
  }

  /** A worker finished a message or lost it. */
  release(worker: Worker): void {
    worker.busy -= 1;
    worker.done += 1;
    if (worker.state === "ready") {
      if (worker.busy === 0) this.busy -= 1;
      this.room += 1;
      if (worker.busy === 0 && worker.done >= (this.#terms.messagesPerJob ?? Number.POSITIVE_INFINITY))
        this.#end(worker);
      else this.#idle.push(worker);
    } else if (worker.busy === 0) {
      this.stopping -= 1;
      this.#leave(worker);
    }
  }

  /** Where workers are Jobs, those without a message end by themselves. */
  endIdle(): void {
    if (this.#terms.messagesPerJob === undefined || this.ready === this.busy) return;
    for (const worker of this.#roster) if (worker.state === "ready" && worker.busy === 0) this.#end(worker);
    this.#roster = this.#roster.filter(({ state }) => state === "starting" || state === "ready");
  }

  #end(worker: Worker): void {
    this.ready -= 1;
    this.room -= this.#terms.concurrency;
    this.#leave(worker);
  }

  #hire(now: number, isThere: boolean): void {
    const worker: Worker = { id: this.#ids, state: "starting", busy: 0, done: 0 };
    this.#ids += 1;
    this.#roster.push(worker);
    this.#byId.set(worker.id, worker);
    this.starting += 1;
    const { startUpSeconds, startUpJitter } = this.#terms;
    const jitter = startUpJitter === 0 ? 0 : startUpJitter * (2 * this.#random.next() - 1);
    const startUp = startUpSeconds * 1000 * (1 + jitter);
    if (isThere || startUp === 0) this.#begin(worker);
    else this.#starts.add(now + startUp, worker.id);
  }

  #begin(worker: Worker): void {
    worker.state = "ready";
    this.starting -= 1;
    this.ready += 1;
    this.room += this.#terms.concurrency;
    for (let slot = 0; slot < this.#terms.concurrency; slot += 1) this.#idle.push(worker);
  }

  #dismiss(count: number, now: number): void {
    const idleFirst = this.#terms.victims === "idle";
    const rank = ({ state, busy }: Worker) => (state === "starting" ? 0 : idleFirst && busy > 0 ? 2 : 1);
    const victims = [...this.#roster].sort((one, other) => rank(one) - rank(other) || other.id - one.id);
    for (const worker of victims.slice(0, count)) this.#stop(worker, now);
    this.#roster = this.#roster.filter(({ state }) => state === "starting" || state === "ready");
  }

  #stop(worker: Worker, now: number): void {
    if (worker.state === "starting") {
      this.starting -= 1;
      this.#leave(worker);
      return;
    }
    this.ready -= 1;
    this.room -= this.#terms.concurrency - worker.busy;
    if (worker.busy === 0) {
      this.#leave(worker);
      return;
    }
    this.busy -= 1;
    this.busyStopped += 1;
    worker.state = "stopping";
    this.stopping += 1;
    this.#graces.add(now + this.#terms.graceSeconds * 1000, worker.id);
  }

  #leave(worker: Worker): void {
    worker.state = "gone";
    this.#byId.delete(worker.id);
  }
}
