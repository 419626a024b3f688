/** Urgent: a decision or condition changed. Routine: only counts moved. */
export type Urgency = "urgent" | "routine";

/** Called when its turn has come; what it returns is run, nothing means that there is nothing to write. */
export type Prepare = () => ((signal: AbortSignal) => Promise<void>) | undefined;

export interface Waiting {
  readonly urgency: Urgency;
  readonly prepare: Prepare;
}

export interface Rates {
  readonly urgentPerSecond: number;
  readonly routinePerSecond: number;
  readonly routineBurst: number;
  /** Milliseconds that only grow; absent: the process's own. */
  readonly monotonic?: () => number;
}

/** What waits to be written, at most one thing per key, the newest; first come, first served within each lane. */
export class Lanes {
  readonly #waiting: Readonly<Record<Urgency, Map<string, Prepare>>> = { urgent: new Map(), routine: new Map() };
  readonly #buckets: Readonly<Record<Urgency, TokenBucket>>;
  /** Before the process ends, nothing is routine. */
  hurry = false;

  constructor({ urgentPerSecond, routinePerSecond, routineBurst, monotonic }: Rates) {
    this.#buckets = {
      urgent: new TokenBucket(urgentPerSecond, urgentPerSecond, monotonic),
      routine: new TokenBucket(routinePerSecond, Math.max(1, routineBurst), monotonic),
    };
  }

  get size(): number {
    return this.#waiting.urgent.size + this.#waiting.routine.size;
  }

  /** The newest wins, and keeps the better of both places. */
  put(key: string, urgency: Urgency, prepare: Prepare): void {
    if (this.#waiting.urgent.has(key) || urgency === "urgent") {
      this.#waiting.routine.delete(key);
      this.#waiting.urgent.set(key, prepare);
    } else this.#waiting.routine.set(key, prepare);
  }

  clear(): void {
    this.#waiting.urgent.clear();
    this.#waiting.routine.clear();
  }

  /** Takes it out, whether it may be written or not. */
  take(key: string): Waiting | undefined {
    for (const urgency of ["urgent", "routine"] as const) {
      const prepare = this.#waiting[urgency].get(key);
      if (prepare === undefined) continue;
      this.#waiting[urgency].delete(key);
      return { urgency, prepare };
    }
    return undefined;
  }

  /** The next that may be written now: not one of `busy`, and not faster than its lane's rate. */
  next(busy: ReadonlySet<string>): (Waiting & { readonly key: string }) | undefined {
    for (const urgency of ["urgent", "routine"] as const) {
      if (this.#bucket(urgency).waitMs() > 0) continue;
      for (const [key, prepare] of this.#waiting[urgency]) {
        if (busy.has(key)) continue;
        this.#waiting[urgency].delete(key);
        return { key, urgency, prepare };
      }
    }
    return undefined;
  }

  /** To be called for what is really written. */
  pay(urgency: Urgency): void {
    this.#bucket(urgency).take();
  }

  /** Milliseconds until `next` may have something, as far as rates decide; undefined where nothing waits. */
  waitMs(): number | undefined {
    const waits = (["urgent", "routine"] as const)
      .filter((urgency) => this.#waiting[urgency].size > 0)
      .map((urgency) => this.#bucket(urgency).waitMs());
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  #bucket(urgency: Urgency): TokenBucket {
    return this.hurry ? this.#buckets.urgent : this.#buckets[urgency];
  }
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

  /** Takes one, if there is one. */
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
