import { pause } from "../../shared/async.ts";
import type { Listening, WorkListener } from "../shared/source.ts";
import { asSourceError, type SourceError } from "../shared/source-error.ts";
import type { Link } from "./connection.ts";
import { PacedSweep, readServerCounts, sweep } from "./counts.ts";

/** How often the server's counters are read: 50 small commands a second, 0.4 % of a core for the server and 3 % for us. */
const POLL_EVERY_MS = 20;

/** Waits for work without touching a job: by polling the server's counters. */
export class PollWaiting {
  readonly #poller: CounterPoller;
  readonly #waiters = new Waiters({
    wanted: (tube) => this.#poller.start(tube),
    unwanted: (tube) => this.#poller.stop(tube),
  });

  constructor(link: Link) {
    this.#poller = new CounterPoller(link, this.#waiters);
  }

  listen(tube: string, listener: WorkListener): Listening {
    return this.#waiters.add(tube, listener);
  }
}

/**
 * Sees work come in tubes without touching it: reads the server's counters again and again, and the tubes only when those
 * have moved. Runs while there is a tube to watch.
 */
export class CounterPoller {
  readonly #link: Link;
  readonly #waiters: Pick<Waiters, "wake" | "fail">;
  #rest = new AbortController();
  readonly #tubes = new Set<string>();
  /** Not read yet: they may hold older work. */
  readonly #fresh = new Set<string>();
  /** The counters before the last sweep of all tubes. */
  #seen = "";
  /** A busy server's counters move all the time. */
  readonly #all = new PacedSweep();
  #isRunning = false;

  constructor(link: Link, waiters: Pick<Waiters, "wake" | "fail">) {
    this.#link = link;
    this.#waiters = waiters;
  }

  /** Wakes the waiters of this tube until `stop`, each time a poll finds work in it. */
  start(tube: string): void {
    this.#tubes.add(tube);
    this.#fresh.add(tube);
    if (!this.#isRunning) void this.#run();
  }

  stop(tube: string): void {
    this.#tubes.delete(tube);
    this.#fresh.delete(tube);
    if (this.#tubes.size === 0) this.#rest.abort();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (this.#tubes.size > 0) {
        await this.#poll();
        this.#rest = new AbortController();
        if (this.#tubes.size > 0) await pause(POLL_EVERY_MS, this.#rest.signal);
      }
    } catch (error) {
      this.#failAll(asSourceError(error));
    } finally {
      this.#isRunning = false;
    }
  }

  async #poll(): Promise<void> {
    const fresh = [...this.#fresh];
    this.#fresh.clear();
    const connection = this.#link.connection();
    const { ready, fingerprint } = await readServerCounts(connection);
    const wake = (tube: string) => this.#waiters.wake(tube);
    if (ready === 0) {
      this.#seen = fingerprint;
    } else if (fingerprint === this.#seen || !this.#all.isDue) {
      await sweep(connection, fresh, wake);
    } else {
      await this.#all.run(connection, this.#tubes, wake);
      this.#seen = fingerprint;
    }
  }

  #failAll(error: SourceError): void {
    this.#seen = "";
    const tubes = [...this.#tubes];
    for (const tube of tubes) this.stop(tube);
    for (const tube of tubes) this.#waiters.fail(tube, error);
  }
}

/** Hears when a tube gets its first waiter and loses its last one. */
interface TubeListener {
  wanted(tube: string): void;
  unwanted(tube: string): void;
}

/** Who waits for work in which tube. Ten thousand idle tubes wait all the time, so a wait is one small object. */
export class Waiters {
  readonly #byTube = new Map<string, readonly Waiter[]>();
  readonly #listener: TubeListener;

  constructor(listener: TubeListener) {
    this.#listener = listener;
  }

  get size(): number {
    return this.#byTube.size;
  }

  tubes(): Iterable<string> {
    return this.#byTube.keys();
  }

  /** The listener hears once: when the tube is woken or fails, unless it stops listening before. */
  add(tube: string, listener: WorkListener): Listening {
    const present = this.#byTube.get(tube) ?? [];
    const waiter = new Waiter(this, tube, listener);
    this.#byTube.set(tube, present.concat(waiter));
    if (present.length === 0) this.#listener.wanted(tube);
    return waiter;
  }

  /** Does nothing for a waiter that was woken or failed already. */
  remove(waiter: Waiter): void {
    const { tube } = waiter;
    const present = this.#byTube.get(tube) ?? [];
    const left = present.filter((other) => other !== waiter);
    if (left.length === present.length) return;
    if (left.length > 0) this.#byTube.set(tube, left);
    else this.#take(tube);
  }

  wake(tube: string): void {
    for (const { listener } of this.#take(tube)) listener.heard("maybe-work");
  }

  fail(tube: string, error: SourceError): void {
    for (const { listener } of this.#take(tube)) listener.failed(error);
  }

  failAll(error: SourceError): void {
    for (const tube of [...this.#byTube.keys()]) this.fail(tube, error);
  }

  #take(tube: string): readonly Waiter[] {
    const waiters = this.#byTube.get(tube) ?? [];
    if (this.#byTube.delete(tube)) this.#listener.unwanted(tube);
    return waiters;
  }
}

class Waiter implements Listening {
  readonly #waiters: Waiters;
  readonly tube: string;
  readonly listener: WorkListener;

  constructor(waiters: Waiters, tube: string, listener: WorkListener) {
    this.#waiters = waiters;
    this.tube = tube;
    this.listener = listener;
  }

  stop(): void {
    this.#waiters.remove(this);
  }
}
