import { onAbort } from "../../shared/async.ts";
import { Retries } from "../../shared/retries.ts";
import { KubernetesError } from "../ports.ts";
import { SERVER_BACKOFF } from "../transport/api-client.ts";

/** Urgent: a decision or condition changed. Routine: only counts moved. */
type Urgency = "urgent" | "routine";
const URGENCIES = ["urgent", "routine"] as const;

/** Called when its turn has come. What it returns is run; undefined: there is nothing to write. */
export type Prepare = () => ((signal: AbortSignal) => Promise<void>) | undefined;

export interface WriteQueueOptions {
  readonly urgentPerSecond: number;
  readonly routinePerSecond: number;
  readonly routineBurst: number;
  /** Milliseconds that only grow. Default: performance.now(). */
  readonly monotonic?: () => number;
  /** Writes under way at once. */
  readonly concurrency: number;
  /** How long a write into an empty queue waits for others to join it. Default 0. */
  readonly holdMs?: number;
  /** While this is true, what waits is held for longer, up to a second. */
  readonly givesWay?: () => boolean;
  /** Called with a write that was given up. */
  readonly onProblem: (problem: KubernetesError) => void;
}

/** A burst of scalings is over by then. */
const GIVES_WAY_MS = 1_000;
const GIVES_WAY_CHECK_MS = 20;
/** How many that have nothing to write are passed over in one turn of the event loop. */
const MOST_PER_TURN = 50;
/** A write that the server answers with 500 again and again is given up. */
const MOST_ATTEMPTS = 8;
const RETRIED: ReadonlySet<string> = new Set(["Throttled", "Unavailable", "TimedOut", "Conflict", "NotLeading"]);

interface Waiting {
  readonly urgency: Urgency;
  readonly prepare: Prepare;
}

/**
 * Status and event writes wait here, one per key, the newest; first come, first served within each urgency. Scalings never
 * come here. What fails for a while is tried again; a server in trouble is left alone, a single object in trouble delays
 * nothing else.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #waiting: Readonly<Record<Urgency, Map<string, Prepare>>> = { urgent: new Map(), routine: new Map() };
  readonly #buckets: Readonly<Record<Urgency, TokenBucket>>;
  readonly #running = new Set<string>();
  /** After a failure, until their next attempt. */
  readonly #resting = new Map<string, Waiting & { readonly timer: NodeJS.Timeout }>();
  readonly #attempts = new Map<string, Retries>();
  readonly #serverBackoff = new Retries(SERVER_BACKOFF);
  readonly #stop = new AbortController();
  readonly #idle = new Set<() => void>();
  /** Before the process ends, nothing is routine. */
  #isFlushing = false;
  #heldUntil = 0;
  #pausedUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(options: WriteQueueOptions) {
    const { urgentPerSecond, routinePerSecond, routineBurst, monotonic } = options;
    this.#options = options;
    this.#buckets = {
      urgent: new TokenBucket(urgentPerSecond, urgentPerSecond, monotonic),
      routine: new TokenBucket(routinePerSecond, Math.max(1, routineBurst), monotonic),
    };
  }

  get size(): number {
    return this.#waitingSize + this.#running.size + this.#resting.size;
  }

  get #waitingSize(): number {
    return this.#waiting.urgent.size + this.#waiting.routine.size;
  }

  add(key: string, urgency: Urgency, prepare: Prepare): void {
    if (this.#stop.signal.aborted) return;
    if (this.size === 0) this.#heldUntil = performance.now() + (this.#options.holdMs ?? 0);
    const resting = this.#resting.get(key);
    if (resting === undefined) this.#put(key, urgency, prepare);
    else this.#resting.set(key, { ...resting, prepare, ...(urgency === "urgent" ? { urgency } : {}) });
  }

  remove(key: string): void {
    this.#take(key);
    this.#attempts.delete(key);
    clearTimeout(this.#resting.get(key)?.timer);
    this.#resting.delete(key);
    this.#resolveIdle();
  }

  /** Writes all that waits, as fast as urgent writes go; resolves early when the signal aborts. */
  async flush(signal: AbortSignal): Promise<void> {
    this.#isFlushing = true;
    for (const key of [...this.#resting.keys()]) this.#wake(key);
    if (this.size > 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#idle.add(resolve);
        onAbort(signal, resolve);
        this.#soon();
      });
    }
    this.#isFlushing = false;
  }

  /** Drops what waits: another process acts now, and writes what it finds. What is under way may end. */
  discard(): void {
    for (const urgency of URGENCIES) this.#waiting[urgency].clear();
    for (const { timer } of this.#resting.values()) clearTimeout(timer);
    this.#resting.clear();
    this.#attempts.clear();
    this.#resolveIdle();
  }

  /** What waits is dropped, what is under way is ended. */
  close(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.discard();
  }

  /** The newest wins, and keeps the better of both places. */
  #put(key: string, urgency: Urgency, prepare: Prepare): void {
    const isUrgent = urgency === "urgent" || this.#waiting.urgent.has(key);
    if (isUrgent) this.#waiting.routine.delete(key);
    this.#waiting[isUrgent ? "urgent" : "routine"].set(key, prepare);
    this.#soon();
  }

  #take(key: string): Waiting | undefined {
    for (const urgency of URGENCIES) {
      const prepare = this.#waiting[urgency].get(key);
      if (prepare !== undefined && this.#waiting[urgency].delete(key)) return { urgency, prepare };
    }
    return undefined;
  }

  /** The next that may be written now: its key is not under way, and its rate allows it. */
  #next(): (Waiting & { readonly key: string }) | undefined {
    for (const urgency of URGENCIES) {
      if (this.#bucket(urgency).waitMs() > 0) continue;
      for (const [key, prepare] of this.#waiting[urgency]) {
        if (this.#running.has(key)) continue;
        this.#waiting[urgency].delete(key);
        return { key, urgency, prepare };
      }
    }
    return undefined;
  }

  #bucket(urgency: Urgency): TokenBucket {
    return this.#buckets[this.#isFlushing ? "urgent" : urgency];
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
    const pause = Math.max(this.#pausedUntil - performance.now(), this.#isFlushing ? 0 : this.#holdMs());
    if (pause <= 0) this.#start();
    const rates = URGENCIES.filter((urgency) => this.#waiting[urgency].size > 0);
    const wait = Math.max(pause, rates.length === 0 ? 0 : Math.min(...rates.map((one) => this.#bucket(one).waitMs())));
    if (wait > 0) this.#timer = setTimeout(() => this.#pump(), wait);
    // With a wait of 0 a running write's end comes back here; without one, the rate allowed the next just now.
    else if (this.#running.size === 0 && this.#waitingSize > 0) this.#soon();
    this.#resolveIdle();
  }

  #holdMs(): number {
    const held = this.#heldUntil - performance.now();
    const mustGiveWay = held > -GIVES_WAY_MS && this.#options.givesWay?.() === true;
    return Math.max(held, mustGiveWay ? GIVES_WAY_CHECK_MS : 0);
  }

  #start(): void {
    for (let passed = 0; this.#running.size < this.#options.concurrency; passed += 1) {
      if (passed === MOST_PER_TURN) this.#soon();
      const next = passed < MOST_PER_TURN ? this.#next() : undefined;
      if (next === undefined) return;
      const write = next.prepare();
      if (write === undefined) continue;
      this.#bucket(next.urgency).take();
      void this.#run(next.key, next, write);
    }
  }

  async #run(key: string, waiting: Waiting, write: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#running.add(key);
    try {
      await write(this.#stop.signal);
      this.#attempts.delete(key);
      this.#serverBackoff.reset();
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#handleFailure(key, waiting, error);
    } finally {
      this.#running.delete(key);
      if (!this.#stop.signal.aborted) this.#soon();
    }
  }

  #handleFailure(key: string, waiting: Waiting, error: unknown): void {
    const problem = error instanceof KubernetesError ? error : new KubernetesError("Invalid", String(error));
    const wait = this.#waitAfter(key, problem);
    if (wait === undefined) {
      this.#attempts.delete(key);
      if (problem.kind !== "NotLeading") this.#options.onProblem(problem);
      return;
    }
    const timer = setTimeout(() => this.#wake(key), wait);
    this.#resting.set(key, { timer, ...(this.#take(key) ?? waiting) });
  }

  /** Undefined: not again. */
  #waitAfter(key: string, problem: KubernetesError): number | undefined {
    if (!RETRIED.has(problem.kind)) return undefined;
    if (isServerProblem(problem)) {
      const wait = this.#serverBackoff.next(problem.retryAfterSeconds);
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
    this.#put(key, resting.urgency, resting.prepare);
  }

  #resolveIdle(): void {
    if (this.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }
}

/** No connection, 429 or 503: it is not this object's fault. */
function isServerProblem({ kind, status }: KubernetesError): boolean {
  return kind === "Throttled" || (kind === "Unavailable" && (status === undefined || status === 503));
}

/** A rate limit with a burst. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #monotonic: () => number;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, burst: number, monotonic: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#monotonic = monotonic;
    this.#tokens = burst;
    this.#at = monotonic();
  }

  take(): boolean {
    if (this.waitMs() > 0) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Milliseconds until there is one; 0: there is. */
  waitMs(): number {
    const now = this.#monotonic();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000);
  }
}
