import type { Backoff, NotifyTarget } from "../core/index.ts";
import { pause } from "../shared/async.ts";
import { Retries } from "../shared/retries.ts";
import type { Clock } from "./clock.ts";
import { keyOf, MOST_IN_ONE, merged, type Notification } from "./notification.ts";

/** What came of one request. */
export type Delivery =
  | "ok"
  | {
      readonly because: string;
      /** Another attempt would fail as well. */
      readonly isFinal: boolean;
      readonly retryAfterSeconds?: number;
    };

export interface MailboxTerms {
  readonly target: NotifyTarget;
  readonly clock: Clock;
  readonly random?: () => number;
  /** Whether this process may act now. */
  readonly mayAct: () => boolean;
  send(notifications: readonly Notification[], signal: AbortSignal): Promise<Delivery>;
  ended(outcome: "sent" | "failed" | "dropped", notifications: readonly Notification[], because?: string): void;
}

/** What happens at once is told together. */
const GATHER_MS = 2_000;
/** The same of the same object is told once in this time; what comes meanwhile is told at its end, as one. */
const SAME_MS = 60_000;
/** Between two requests to one receiver. */
const APART_MS = 250;
const MOST_HELD = 500;
/** Then it is no news any longer. */
const GIVE_UP_MS = 15 * 60_000;
const BACKOFF: Backoff = { firstMilliseconds: 1_000, longestMilliseconds: 60_000 };
const NOT_ACTING_MS = 1_000;

/** The notifications for one receiver: gathered, held apart, tried again, and never more than a bounded number. */
export class Mailbox {
  readonly #terms: MailboxTerms;
  readonly #retries: Retries;
  readonly #end = new AbortController();
  /** What is to be told, the oldest first, by object and type. */
  readonly #held = new Map<string, Notification>();
  /** Monotonic milliseconds of when something of that object and type may be told again. */
  readonly #quietUntil = new Map<string, number>();
  /** Ends a pause, as something came that is due earlier. */
  #nap = new AbortController();
  #isFlushing = false;
  /** Counts what was dropped at once: what is under way then is not tried again. */
  #discards = 0;
  #delivering: Promise<void> | undefined;

  constructor(terms: MailboxTerms) {
    this.#terms = terms;
    this.#retries = new Retries(BACKOFF, terms.random);
  }

  /** Nothing is held or under way, and nothing has to be kept apart. */
  get isIdle(): boolean {
    const now = this.#terms.clock.monotonic();
    return this.#delivering === undefined && [...this.#quietUntil.values()].every((until) => until <= now);
  }

  add(notification: Notification): void {
    const key = keyOf(notification);
    const before = this.#held.get(key);
    this.#held.set(key, before === undefined ? notification : merged(before, notification));
    if (before === undefined) {
      const gathered = this.#terms.clock.monotonic() + GATHER_MS;
      this.#quietUntil.set(key, Math.max(gathered, this.#quietUntil.get(key) ?? 0));
    }
    const [oldest] = this.#held.size > MOST_HELD ? this.#held : [];
    if (oldest !== undefined) {
      this.#held.delete(oldest[0]);
      this.#terms.ended("dropped", [oldest[1]], `more than ${MOST_HELD} wait to be told`);
    }
    this.#begin();
  }

  /** Drops what is held: another process tells it, or nobody. */
  discard(): void {
    this.#discards += 1;
    this.#held.clear();
    this.#quietUntil.clear();
    this.#nap.abort();
  }

  /** Sends what is held without waiting for more, until the signal aborts. */
  async flush(signal: AbortSignal): Promise<void> {
    this.#isFlushing = true;
    this.#nap.abort();
    await Promise.race([
      this.#delivering,
      new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
      }),
    ]);
    this.#isFlushing = false;
  }

  close(): void {
    this.discard();
    this.#end.abort();
  }

  #begin(): void {
    this.#nap.abort();
    this.#delivering ??= this.#deliver().finally(() => {
      this.#delivering = undefined;
      if (this.#held.size > 0 && !this.#end.signal.aborted) this.#begin();
    });
  }

  async #deliver(): Promise<void> {
    const { clock, mayAct } = this.#terms;
    while (this.#held.size > 0 && !this.#end.signal.aborted) {
      const now = clock.monotonic();
      const wait = mayAct() ? this.#nextAt() - now : NOT_ACTING_MS;
      if (wait > 0) await this.#rest(wait);
      else {
        await this.#send(this.#take(now));
        await pause(this.#isFlushing ? 0 : APART_MS, this.#end.signal, clock);
      }
    }
    this.#forgetOld();
  }

  #rest(milliseconds: number): Promise<void> {
    this.#nap = new AbortController();
    return pause(milliseconds, AbortSignal.any([this.#nap.signal, this.#end.signal]), this.#terms.clock);
  }

  #nextAt(): number {
    if (this.#isFlushing) return 0;
    return Math.min(...[...this.#held.keys()].map((key) => this.#quietUntil.get(key) ?? 0));
  }

  /** Those that are due, as many as fit into one request. */
  #take(now: number): readonly Notification[] {
    const due = [...this.#held].filter(([key]) => this.#isFlushing || (this.#quietUntil.get(key) ?? 0) <= now);
    const taken = due.slice(0, MOST_IN_ONE[this.#terms.target.format]);
    for (const [key] of taken) this.#held.delete(key);
    return taken.map(([, notification]) => notification);
  }

  async #send(notifications: readonly Notification[]): Promise<void> {
    const { clock, send, ended } = this.#terms;
    const discards = this.#discards;
    const delivery = await send(notifications, this.#end.signal);
    if (delivery === "ok") {
      this.#retries.reset();
      const until = clock.monotonic() + SAME_MS;
      for (const one of notifications) this.#quietUntil.set(keyOf(one), until);
      return ended("sent", notifications);
    }
    if (discards !== this.#discards) return;
    const { because, isFinal, retryAfterSeconds } = delivery;
    const isOld = ({ firstAt }: Notification) => isFinal || clock.wall() - firstAt > GIVE_UP_MS;
    const given = notifications.filter(isOld);
    if (given.length > 0) ended("failed", given, because);
    this.#putBack(notifications.filter((one) => !isOld(one)));
    if (!isFinal) await pause(this.#retries.next(retryAfterSeconds), this.#end.signal, clock);
  }

  /** Before what came meanwhile. */
  #putBack(notifications: readonly Notification[]): void {
    const since = [...this.#held];
    this.#held.clear();
    for (const one of notifications) this.#held.set(keyOf(one), one);
    for (const [key, newer] of since) {
      const older = this.#held.get(key);
      this.#held.set(key, older === undefined ? newer : merged(older, newer));
    }
  }

  #forgetOld(): void {
    const now = this.#terms.clock.monotonic();
    for (const [key, until] of this.#quietUntil) if (until <= now) this.#quietUntil.delete(key);
  }
}
