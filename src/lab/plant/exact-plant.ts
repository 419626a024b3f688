import { Random, type ServiceTime, serviceTimes } from "../random.ts";
import { MessageStream } from "../traffic/message-stream.ts";
import type { Traffic } from "../traffic/traffic.ts";
import { Ledger } from "./ledger.ts";
import { MessageQueue, TimeHeap } from "./number-queues.ts";
import type { Plant, Workers } from "./plant.ts";
import { type Worker, Workforce } from "./workforce.ts";

export interface PlantTerms {
  readonly traffic: Traffic;
  readonly service: ServiceTime;
  readonly workers: Workers;
  readonly initialReplicas: number;
  readonly objectiveSeconds?: number | undefined;
  readonly seed: number;
}

/** Simulates every message: it arrives, waits in order, is worked on, and finishes. */
export class ExactPlant implements Plant {
  readonly mode = "exact";
  readonly ledger: Ledger;
  now = 0;
  taken = 0;
  readonly #messages: MessageStream;
  readonly #queue = new MessageQueue();
  readonly #inFlight = new InFlight();
  readonly #workforce: Workforce;
  readonly #objectiveMs: number;
  /** Since when a message has waited without any ready worker. */
  #unattendedSince: number | undefined;

  constructor({ traffic, service, workers, initialReplicas, objectiveSeconds, seed }: PlantTerms) {
    const objectiveMs = objectiveSeconds === undefined ? undefined : objectiveSeconds * 1000;
    this.#objectiveMs = objectiveMs ?? Number.POSITIVE_INFINITY;
    this.ledger = new Ledger(workers.concurrency, objectiveMs);
    this.#messages = new MessageStream(
      traffic,
      new Random(seed, "arrivals"),
      serviceTimes(service, new Random(seed, "service")),
    );
    this.#workforce = new Workforce(workers, new Random(seed, "workers"));
    this.#workforce.scale(initialReplicas, 0, true);
  }

  get waiting(): number {
    return this.#queue.size;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  get oldestArrival(): number {
    return this.#queue.firstArrival;
  }

  get replicas(): number {
    return this.#workforce.replicas;
  }

  get ready(): number {
    return this.#workforce.ready;
  }

  get busy(): number {
    return this.#workforce.busy;
  }

  get workers(): number {
    return this.#workforce.replicas + this.#workforce.stopping;
  }

  advance(to: number, untilArrival = false): void {
    for (;;) {
      const end = this.#inFlight.firstEnd;
      const change = this.#workforce.nextAt;
      const arrival = this.#messages.at;
      const next = Math.min(end, change, arrival);
      if (next > to) break;
      this.#pass(next);
      if (end === next) this.#complete();
      else if (change === next) this.#changeWorkers();
      else {
        this.#arrive();
        if (untilArrival) return;
      }
    }
    if (Number.isFinite(to)) this.#pass(to);
  }

  scale(replicas: number): void {
    this.#workforce.scale(replicas, this.now);
    this.ledger.busyStopped = this.#workforce.busyStopped;
    this.#attend();
  }

  finish(): void {
    const { ledger, now } = this;
    for (const arrival of this.#queue.arrivals()) {
      ledger.waited(now - arrival);
      ledger.sojourns += now - arrival;
    }
    for (const { arrival, begun } of this.#inFlight.tasks()) {
      ledger.waited(begun - arrival);
      ledger.sojourns += now - arrival;
    }
    if (this.#unattendedSince !== undefined) ledger.foundFirstWorker(now - this.#unattendedSince);
  }

  #pass(to: number): void {
    const passed = to - this.now;
    if (passed <= 0) return;
    const { ledger } = this;
    const { starting, ready, busy, stopping } = this.#workforce;
    ledger.presence += passed * (this.#queue.size + this.#inFlight.size);
    ledger.startingMs += passed * starting;
    ledger.readyMs += passed * ready;
    ledger.busyMs += passed * busy;
    ledger.stoppingMs += passed * stopping;
    const over = to - Math.max(this.now, this.#queue.firstArrival + this.#objectiveMs);
    if (over > 0) ledger.overObjectiveMs += over;
    this.now = to;
  }

  #arrive(): void {
    const { serviceMs } = this.#messages;
    this.#messages.advance();
    this.ledger.arrived += 1;
    this.ledger.oracle.arrived(this.now, serviceMs);
    this.#queue.add(this.now, serviceMs);
    if (this.#workforce.ready === 0) this.#unattendedSince ??= this.now;
    else this.#begin();
  }

  #complete(): void {
    const task = this.#inFlight.takeFirst();
    if (task === undefined) return;
    const { ledger } = this;
    ledger.served += 1;
    ledger.waited(task.begun - task.arrival);
    ledger.sojourns += this.now - task.arrival;
    this.#workforce.release(task.worker);
    this.#begin();
  }

  #changeWorkers(): void {
    const expired = this.#workforce.happen();
    if (expired === undefined) this.#attend();
    else this.#takeBack(expired);
    this.#begin();
  }

  #takeBack(worker: Worker): void {
    for (const { arrival, serviceMs } of this.#inFlight.takeFrom(worker)) {
      this.#queue.putBack(arrival, serviceMs);
      this.#workforce.release(worker);
      this.ledger.returned += 1;
    }
  }

  #attend(): void {
    if (this.#unattendedSince !== undefined && this.#workforce.ready > 0) {
      this.ledger.foundFirstWorker(this.now - this.#unattendedSince);
      this.#unattendedSince = undefined;
    }
    this.#begin();
  }

  /** Workers with room take the oldest messages. */
  #begin(): void {
    while (this.#workforce.room > 0 && this.#queue.size > 0) {
      const arrival = this.#queue.firstArrival;
      const serviceMs = this.#queue.firstService;
      this.#queue.drop();
      this.taken += 1;
      this.#inFlight.add({ arrival, begun: this.now, serviceMs, worker: this.#workforce.take() });
    }
    if (this.#queue.size === 0) this.#workforce.endIdle();
  }
}

/** One message in flight. */
interface Task {
  readonly arrival: number;
  readonly begun: number;
  readonly serviceMs: number;
  readonly worker: Worker;
}

/** Messages in flight, in the order in which they finish. */
class InFlight {
  readonly #ends = new TimeHeap();
  readonly #tasks: (Task | undefined)[] = [];
  readonly #free: number[] = [];
  size = 0;

  get firstEnd(): number {
    return this.#ends.firstAt;
  }

  add(task: Task): void {
    const slot = this.#free.pop() ?? this.#tasks.length;
    this.#tasks[slot] = task;
    this.#ends.add(task.begun + task.serviceMs, slot);
    this.size += 1;
  }

  /** Removes the task that ends first; undefined if its worker lost it before. */
  takeFirst(): Task | undefined {
    const slot = this.#ends.take();
    const task = this.#tasks[slot];
    this.#tasks[slot] = undefined;
    this.#free.push(slot);
    if (task !== undefined) this.size -= 1;
    return task;
  }

  /** Removes all tasks of one worker, newest arrival first. */
  takeFrom(worker: Worker): readonly Task[] {
    const lost: Task[] = [];
    this.#tasks.forEach((task, slot) => {
      if (task?.worker !== worker) return;
      lost.push(task);
      this.#tasks[slot] = undefined;
    });
    this.size -= lost.length;
    return lost.sort((one, other) => other.arrival - one.arrival);
  }

  *tasks(): Iterable<Task> {
    for (const task of this.#tasks) if (task !== undefined) yield task;
  }
}
