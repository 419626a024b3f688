const OFFSET = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/**
 * Milliseconds on the one scale that all threads of this process share (performance.now() counts from the start of each
 * thread). It goes on while the process is stopped by a signal, but perhaps not while its machine is suspended.
 */
export function processTime(local = performance.now()): number {
  return local + OFFSET;
}

interface HeartbeatOptions {
  /** The main loop stood still when it did not run for longer than this. Default 1 s: between two renewals of the lease. */
  readonly gapMs?: number;
  /** Milliseconds that only grow. Default: performance.now(). */
  readonly monotonic?: () => number;
  /** Milliseconds since the epoch. Default: Date.now(). */
  readonly wall?: () => number;
}

const BEAT_MS = 500;
const MINUTE_MS = 60_000;

/**
 * Notices when the main loop did not run: a busy loop, a process that was stopped, a machine that was suspended. What was
 * known before such a gap is old. The time of the last beat is shared with the thread that renews the lease.
 */
export class Heartbeat {
  /** One 64-bit integer: processTime() of the last beat. */
  readonly cell = new SharedArrayBuffer(8);
  readonly #beatAt = new BigInt64Array(this.cell);
  readonly #gapMs: number;
  readonly #monotonic: () => number;
  readonly #wall: () => number;
  #last: { readonly monotonic: number; readonly wall: number };
  #gapEndedAt = Number.NEGATIVE_INFINITY;
  #due = 0;
  #longest = { minute: 0, now: 0, before: 0 };
  #timer: NodeJS.Timeout | undefined;

  constructor({ gapMs = 1_000, monotonic = () => performance.now(), wall = Date.now }: HeartbeatOptions = {}) {
    this.#gapMs = gapMs;
    this.#monotonic = monotonic;
    this.#wall = wall;
    this.#last = { monotonic: monotonic(), wall: wall() };
    this.beat();
  }

  start(): void {
    this.#due = this.#monotonic() + BEAT_MS;
    this.#timer = setInterval(() => this.#tick(), BEAT_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Monotonic milliseconds at which the last gap ended; -Infinity: there was none. Notices a gap that ends just now. */
  gapEndedAt(): number {
    this.beat();
    return this.#gapEndedAt;
  }

  /** The longest time in the last one to two minutes by which a timer of the main loop was late, in seconds. */
  longestDelaySeconds(): number {
    this.#turn(this.#monotonic());
    return Math.max(this.#longest.now, this.#longest.before) / 1000;
  }

  beat(): void {
    const monotonic = this.#monotonic();
    const wall = this.#wall();
    // The time of day is a second witness: the monotonic clock may not have counted while the machine was suspended.
    const passed = Math.max(monotonic - this.#last.monotonic, wall - this.#last.wall);
    if (passed > this.#gapMs) this.#gapEndedAt = monotonic;
    this.#last = { monotonic, wall };
    Atomics.store(this.#beatAt, 0, BigInt(Math.round(processTime(monotonic))));
  }

  #tick(): void {
    const now = this.#monotonic();
    this.#turn(now);
    this.#longest.now = Math.max(this.#longest.now, now - this.#due);
    this.#due = now + BEAT_MS;
    this.beat();
  }

  #turn(now: number): void {
    const minute = Math.floor(now / MINUTE_MS);
    if (minute === this.#longest.minute) return;
    const before = minute === this.#longest.minute + 1 ? this.#longest.now : 0;
    this.#longest = { minute, now: 0, before };
  }
}

/** Milliseconds since the last beat in the cell of another thread's heartbeat. */
export function sinceLastBeat(cell: SharedArrayBuffer): number {
  return processTime() - Number(Atomics.load(new BigInt64Array(cell), 0));
}

/** When a claim of the lease was begun, by both clocks. */
export interface ClaimTime {
  /** processTime(). */
  readonly at: number;
  /** Date.now(). */
  readonly wall: number;
}

export function claimTime(): ClaimTime {
  return { at: processTime(), wall: Date.now() };
}

const [UNTIL, UNTIL_WALL, ASKED_AT, LEAST_MS] = [0, 1, 2, 3];

/**
 * What the thread that renews the lease shares with the main thread without a message, so that the main thread can read it
 * immediately before each write. Milliseconds throughout.
 */
export class LeaseState {
  readonly buffer: SharedArrayBuffer;
  readonly #fields: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(4 * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#fields = new BigInt64Array(buffer);
  }

  /** A claim is about to be sent: from the moment it arrives, others count the time that it states. */
  claiming({ at, wall }: ClaimTime, deadlineMs: number): void {
    if (this.#get(UNTIL) > at + deadlineMs) this.#setUntil(at + deadlineMs, wall + deadlineMs);
  }

  renewed({ at, wall }: ClaimTime, deadlineMs: number, leastWriteMs: number): void {
    this.#set(LEAST_MS, leastWriteMs);
    this.#set(ASKED_AT, at);
    this.#setUntil(at + deadlineMs, wall + deadlineMs);
  }

  ended(): void {
    this.#setUntil(0, 0);
  }

  /**
   * Milliseconds that a write begun now may take, so that it ends before others may take the lease; 0: none may begin.
   * `since` is a processTime() after which the lease must have been claimed.
   */
  leftMs(since: number): number {
    if (this.#get(ASKED_AT) < since) return 0;
    // The time of day is a second witness: the monotonic clock may not have counted while the machine was suspended.
    const left = Math.min(this.#get(UNTIL) - processTime(), this.#get(UNTIL_WALL) - Date.now());
    return left >= this.#get(LEAST_MS) ? left : 0;
  }

  #setUntil(until: number, untilWall: number): void {
    this.#set(UNTIL_WALL, untilWall);
    this.#set(UNTIL, until);
  }

  #get(field: number | undefined): number {
    return Number(Atomics.load(this.#fields, field as number));
  }

  #set(field: number | undefined, milliseconds: number): void {
    Atomics.store(this.#fields, field as number, BigInt(Math.floor(milliseconds)));
  }
}
