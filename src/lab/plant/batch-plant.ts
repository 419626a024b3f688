import { Random } from "../random.ts";
import { Flow, meanServiceMs } from "../traffic/message-stream.ts";
import { BatchWorkforce } from "./batch-workforce.ts";
import type { PlantTerms } from "./exact-plant.ts";
import { Ledger } from "./ledger.ts";
import { Parcels, spread } from "./parcels.ts";
import type { Plant, Workers } from "./plant.ts";

/** Smaller amounts of a message are rounding errors. */
const NOTHING = 1e-6;

/**
 * A fluid model: the mean of many messages. Arrivals flow evenly within their bins, messages in flight approach
 * arrivals x service time exponentially, and messages without room wait in order. The cost of a run does not depend on
 * the number of messages. Random variation of single messages is not modelled.
 */
export class BatchPlant implements Plant {
  readonly mode = "batch";
  readonly ledger: Ledger;
  now = 0;
  taken = 0;
  readonly #flow: Flow;
  readonly #serviceMs: number;
  readonly #terms: Workers;
  readonly #workforce: BatchWorkforce;
  readonly #queue = new Parcels();
  readonly #waited: (from: number, to: number, amount: number) => void;
  /** Messages on running workers, and on stopping ones. */
  #working = 0;
  #leaving = 0;
  #stopping = 0;
  /** When a grace period ends, and the amount that will be unfinished then. */
  #graceEnds: { readonly at: number; readonly amount: number }[] = [];
  #unattendedSince: number | undefined;

  constructor({ traffic, service, workers, initialReplicas, objectiveSeconds, seed }: PlantTerms) {
    this.#flow = new Flow(traffic, new Random(seed, "arrivals"));
    this.#serviceMs = meanServiceMs(traffic, service.meanSeconds * 1000);
    this.#terms = workers;
    this.#workforce = new BatchWorkforce(workers, new Random(seed, "workers"), initialReplicas);
    const ledger = new Ledger(
      workers.concurrency,
      objectiveSeconds === undefined ? undefined : objectiveSeconds * 1000,
    );
    this.ledger = ledger;
    const count = (wait: number, amount: number) => ledger.waited(wait, amount);
    this.#waited = (from, to, amount) => {
      ledger.sojourns += ((from + to) / 2) * amount;
      spread(from, to, amount, count);
    };
  }

  get waiting(): number {
    return this.#queue.amount;
  }

  get inFlight(): number {
    return this.#working + this.#leaving;
  }

  get oldestArrival(): number {
    return this.#queue.amount > NOTHING ? this.#queue.firstArrival : Number.POSITIVE_INFINITY;
  }

  get replicas(): number {
    return this.#workforce.replicas;
  }

  get ready(): number {
    return this.#workforce.ready;
  }

  get busy(): number {
    return Math.min(this.ready, this.#working);
  }

  get workers(): number {
    return this.#workforce.replicas + this.#stopping;
  }

  advance(to: number, untilArrival = false): void {
    while (this.now < to) {
      if (this.#flow.until <= this.now) this.#flow.advance();
      const graceEnd = this.#graceEnds[0]?.at ?? Number.POSITIVE_INFINITY;
      const firstMessage = untilArrival ? this.now + 1 / this.#flow.rate : Number.POSITIVE_INFINITY;
      const next = Math.min(to, this.#flow.until, this.#workforce.nextAt, graceEnd, firstMessage);
      if (next === Number.POSITIVE_INFINITY) return;
      this.#flowUntil(next);
      if (this.#workforce.nextAt <= this.now) this.#begin();
      if (graceEnd <= this.now) this.#endGrace();
      if (firstMessage <= this.now) return;
    }
  }

  scale(replicas: number): void {
    const before = this.#workforce.ready;
    const dismissed = this.#workforce.scale(replicas, this.now);
    if (dismissed === 0) {
      this.#attend();
      return;
    }
    const room = this.#workforce.ready * this.#terms.concurrency;
    // Stopped workers keep their share of the work, unless idle workers stop first.
    const share = this.#terms.victims === "idle" ? 0 : (this.#working * dismissed) / before;
    const leaving = Math.max(share, this.#working - room);
    if (leaving <= 0) return;
    const busy = Math.min(dismissed, leaving);
    this.ledger.busyStopped += busy;
    this.#stopping += busy;
    this.#working -= leaving;
    this.#leaving += leaving;
    const graceMs = this.#terms.graceSeconds * 1000;
    this.#graceEnds.push({ at: this.now + graceMs, amount: leaving * Math.exp(-graceMs / this.#serviceMs) });
  }

  finish(): void {
    this.#queue.rest(this.now, this.#waited);
    if (this.#unattendedSince !== undefined) this.ledger.foundFirstWorker(this.now - this.#unattendedSince);
  }

  #begin(): void {
    this.#workforce.begin();
    this.#attend();
  }

  #attend(): void {
    if (this.#unattendedSince === undefined || this.#workforce.ready === 0) return;
    this.ledger.foundFirstWorker(this.now - this.#unattendedSince);
    this.#unattendedSince = undefined;
  }

  /** The unfinished work of that group returns to the end of the queue. */
  #endGrace(): void {
    const back = Math.min(this.#graceEnds.shift()?.amount ?? 0, this.#leaving);
    if (back <= NOTHING) return;
    this.#leaving -= back;
    this.#stopping = Math.min(this.#stopping, this.#leaving);
    this.#queue.add(this.now, this.now, back);
    this.ledger.returned += back;
  }

  #flowUntil(end: number): void {
    while (this.now < end) this.#stretch(end);
  }

  /** Advances to `end`, or until the queue becomes empty or the workers full. */
  #stretch(end: number): void {
    const { rate } = this.#flow;
    const room = this.#workforce.ready * this.#terms.concurrency;
    const begun = this.now;
    this.#fill(room);
    if (this.#workforce.ready === 0 && rate > 0) this.#unattendedSince ??= begun;
    const isFull = this.#queue.amount > NOTHING || (this.#working >= room && rate * this.#serviceMs >= room);
    const to = isFull ? this.#whileFull(room, rate, end) : this.#whileRoom(room, rate, end);
    this.#decayLeaving(to - begun);
    this.#count(begun, to, rate);
    this.now = to;
  }

  /** Waiting messages take free room at once. */
  #fill(room: number): void {
    const free = Math.min(room - this.#working, this.#queue.amount);
    if (free <= 0) return;
    this.#queue.take(free, this.now, this.now, this.#waited);
    this.#working += free;
    this.taken += free;
  }

  #whileFull(room: number, rate: number, end: number): number {
    const begun = this.now;
    const out = room / this.#serviceMs;
    const emptyAt = out > rate ? begun + this.#queue.amount / (out - rate) : Number.POSITIVE_INFINITY;
    const to = Math.min(end, Math.max(emptyAt, begun + 1e-3));
    const passed = to - begun;
    const waitingBefore = this.#queue.amount;
    this.#queue.add(begun, to, rate * passed);
    const left = emptyAt <= to ? this.#queue.amount : Math.min(out * passed, this.#queue.amount);
    this.#queue.take(left, begun, to, this.#waited);
    this.taken += left;
    this.ledger.presence += ((waitingBefore + this.#queue.amount) / 2) * passed + this.#working * passed;
    this.ledger.sojourns += this.#working * passed;
    this.ledger.served += left;
    return to;
  }

  #whileRoom(room: number, rate: number, end: number): number {
    const begun = this.now;
    const service = this.#serviceMs;
    const aim = rate * service;
    const before = this.#working;
    // Work above its room only falls to it.
    const fullAt = aim > room && before < room ? begun + service * Math.log((aim - before) / (aim - room)) : end;
    const to = Math.min(end, Math.max(fullAt, begun + 1e-3));
    const passed = to - begun;
    const faded = Math.exp(-passed / service);
    this.#working = fullAt <= to && aim > room ? room : aim + (before - aim) * faded;
    const present = aim * passed + (before - aim) * service * (1 - faded);
    const arrived = rate * passed;
    if (arrived > 0) this.ledger.waited(0, arrived);
    this.taken += arrived;
    this.ledger.served += before + arrived - this.#working;
    this.ledger.presence += present;
    this.ledger.sojourns += present;
    return to;
  }

  #decayLeaving(passed: number): void {
    if (this.#leaving === 0) return;
    const before = this.#leaving;
    this.#leaving *= Math.exp(-passed / this.#serviceMs);
    const done = before - this.#leaving;
    this.ledger.served += done;
    this.ledger.presence += done * this.#serviceMs;
    this.ledger.sojourns += done * this.#serviceMs;
    this.#stopping = Math.min(this.#stopping, this.#leaving);
    if (this.#leaving < NOTHING) {
      this.ledger.served += this.#leaving;
      this.#leaving = 0;
      this.#stopping = 0;
    }
  }

  #count(from: number, to: number, rate: number): void {
    const { ledger } = this;
    const passed = to - from;
    const arrived = rate * passed;
    ledger.arrived += arrived;
    if (arrived > 0) ledger.oracle.arrived(from, arrived * this.#serviceMs);
    ledger.startingMs += passed * this.#workforce.starting;
    ledger.readyMs += passed * this.#workforce.ready;
    ledger.busyMs += passed * this.busy;
    ledger.stoppingMs += passed * this.#stopping;
    const over = to - Math.max(from, this.oldestArrival + (ledger.objectiveMs ?? Number.POSITIVE_INFINITY));
    if (over > 0) ledger.overObjectiveMs += over;
  }
}
