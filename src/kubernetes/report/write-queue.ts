import { onAbort } from "../../shared/async.ts";
import { Retries } from "../../shared/retries.ts";
import { KubernetesError } from "../ports.ts";
import { SERVER_BACKOFF } from "../transport/api-client.ts";
import { Lanes, type Prepare, type Rates, type Urgency, type Waiting } from "./lanes.ts";

export interface WriteQueueOptions extends Rates {
  /** Writes under way at once. */
  readonly concurrency: number;
  /** What comes to an empty queue waits so long for what else there is to say. Default 0. */
  readonly holdMs?: number;
  /** While this is true, what waits is held for longer, up to a second. */
  readonly givesWay?: () => boolean;
  /** Told of a write that was given up. */
  readonly onProblem: (problem: KubernetesError) => void;
}

/** A burst of scalings is over by then. */
const GIVES_WAY_MS = 1_000;
const ASKS_AGAIN_MS = 20;
/** So much that has nothing to write is looked at in one turn of the event loop. */
const LOOKS_A_TURN = 50;
/** A server that answers 500 for one object again and again is not asked for ever. */
const MOST_ATTEMPTS = 8;
const RETRIED: ReadonlySet<string> = new Set(["Throttled", "Unavailable", "TimedOut", "Conflict", "NotLeading"]);

interface Resting extends Waiting {
  readonly timer: NodeJS.Timeout;
}

/**
 * Bookkeeping waits here: status and events, one write per key, the newest. Scalings never come here. What fails for
 * a while is tried again; a server in trouble is left alone, a single object in trouble delays nobody else.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #lanes: Lanes;
  readonly #running = new Set<string>();
  readonly #resting = new Map<string, Resting>();
  readonly #attempts = new Map<string, Retries>();
  readonly #serverRetries = new Retries(SERVER_BACKOFF);
  readonly #stop = new AbortController();
  readonly #idle = new Set<() => void>();
  #heldUntil = 0;
  #pausedUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
    this.#lanes = new Lanes(options);
  }

  /** Writes waiting or under way. */
  get size(): number {
    return this.#lanes.size + this.#running.size + this.#resting.size;
  }

  add(key: string, urgency: Urgency, prepare: Prepare): void {
    if (this.#stop.signal.aborted) return;
    if (this.size === 0) this.#heldUntil = performance.now() + (this.#options.holdMs ?? 0);
    const resting = this.#resting.get(key);
    if (resting === undefined) {
      this.#lanes.put(key, urgency, prepare);
      this.#soon();
      return;
    }
    this.#resting.set(key, { ...resting, prepare, ...(urgency === "urgent" ? { urgency } : {}) });
  }

  remove(key: string): void {
    this.#lanes.take(key);
    this.#attempts.delete(key);
    clearTimeout(this.#resting.get(key)?.timer);
    this.#resting.delete(key);
    this.#tellIdle();
  }

  /** Writes all that waits, as fast as urgent writes go; resolves early when the signal aborts. */
  async flush(signal: AbortSignal): Promise<void> {
    this.#lanes.hurry = true;
    for (const key of [...this.#resting.keys()]) this.#wake(key);
    if (this.size > 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#idle.add(resolve);
        onAbort(signal, resolve);
        this.#soon();
      });
    }
    this.#lanes.hurry = false;
  }

  /** Drops what waits: another process acts now, and writes what it finds. What is under way may end. */
  discard(): void {
    this.#lanes.clear();
    for (const { timer } of this.#resting.values()) clearTimeout(timer);
    this.#resting.clear();
    this.#attempts.clear();
    this.#tellIdle();
  }

  /** What waits is dropped, what is under way is ended. */
  close(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.discard();
  }

  #soon(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#pump();
    });
  }

  #pump(): void {
    clearTimeout(this.#timer);
    if (this.#stop.signal.aborted) return;
    const pause = Math.max(this.#pausedUntil - performance.now(), this.#lanes.hurry ? 0 : this.#holdMs());
    if (pause <= 0) this.#startWhatMay();
    const wait = Math.max(pause, this.#lanes.waitMs() ?? 0);
    if (wait > 0) this.#timer = setTimeout(() => this.#pump(), wait);
    // With a wait of 0 a running write's end comes back here; without one, the rate allowed the next just now.
    else if (this.#running.size === 0 && this.#lanes.size > 0) this.#soon();
    this.#tellIdle();
  }

  #holdMs(): number {
    const held = this.#heldUntil - performance.now();
    const mustGiveWay = held > -GIVES_WAY_MS && this.#options.givesWay?.() === true;
    return Math.max(held, mustGiveWay ? ASKS_AGAIN_MS : 0);
  }

  #startWhatMay(): void {
    for (let looks = 0; this.#running.size < this.#options.concurrency; looks += 1) {
      if (looks === LOOKS_A_TURN) this.#soon();
      const next = looks < LOOKS_A_TURN ? this.#lanes.next(this.#running) : undefined;
      if (next === undefined) return;
      const write = next.prepare();
      if (write === undefined) continue;
      this.#lanes.pay(next.urgency);
      void this.#run(next.key, next, write);
    }
  }

  async #run(key: string, waiting: Waiting, write: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#running.add(key);
    try {
      await write(this.#stop.signal);
      this.#attempts.delete(key);
      this.#serverRetries.reset();
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#failed(key, waiting, error);
    } finally {
      this.#running.delete(key);
      if (!this.#stop.signal.aborted) this.#soon();
    }
  }

  #failed(key: string, waiting: Waiting, error: unknown): void {
    const problem = error instanceof KubernetesError ? error : new KubernetesError("Invalid", String(error));
    const wait = this.#waitAfter(key, problem);
    if (wait === undefined) {
      this.#attempts.delete(key);
      if (problem.kind !== "NotLeading") this.#options.onProblem(problem);
      return;
    }
    const timer = setTimeout(() => this.#wake(key), wait);
    this.#resting.set(key, { timer, ...(this.#lanes.take(key) ?? waiting) });
  }

  /** Undefined: not again. */
  #waitAfter(key: string, problem: KubernetesError): number | undefined {
    if (!RETRIED.has(problem.kind)) return undefined;
    if (isServersTrouble(problem)) {
      const wait = this.#serverRetries.next(problem.retryAfterSeconds);
      this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + wait);
      return wait;
    }
    const attempts = this.#attempts.get(key) ?? new Retries(SERVER_BACKOFF);
    this.#attempts.set(key, attempts);
    return attempts.failures < MOST_ATTEMPTS ? attempts.next(problem.retryAfterSeconds) : undefined;
  }

  #wake(key: string): void {
    const resting = this.#resting.get(key);
    if (resting === undefined) return;
    clearTimeout(resting.timer);
    this.#resting.delete(key);
    this.#lanes.put(key, resting.urgency, resting.prepare);
    this.#soon();
  }

  #tellIdle(): void {
    if (this.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }
}

/** No connection, 429 or 503: it is not this object's fault. */
function isServersTrouble({ kind, status }: KubernetesError): boolean {
  return kind === "Throttled" || (kind === "Unavailable" && (status === undefined || status === 503));
}
