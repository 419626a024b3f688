import { processTime } from "./heartbeat.ts";

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

  /** A claim begun at this time was confirmed. */
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
