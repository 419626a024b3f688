import { pause } from "../../shared/async.ts";
import type { Listening, WorkListener } from "../shared/source.ts";
import { asSourceError, type SourceError } from "../shared/source-error.ts";
import type { Link } from "./connection.ts";
import { lookAtJobs, PacedSweep, sweep } from "./counts.ts";

/** Waiting for work that leaves the jobs alone: by looking. */
export class LookWaiting {
  readonly #looks: LookLoop;
  readonly #waiters = new Waiters({
    wanted: (tube) => this.#looks.start(tube),
    unwanted: (tube) => this.#looks.stop(tube),
  });

  constructor(link: Link) {
    this.#looks = new LookLoop(link, {
      ready: (tube) => this.#waiters.wake(tube),
      failed: (tube, error) => this.#waiters.fail(tube, error),
    });
  }

  listen(tube: string, listener: WorkListener): Listening {
    return this.#waiters.add(tube, listener);
  }
}

/** How often the server's own counters are read: 50 small commands a second, 0.4 % of a core for the server and 3 % for us. */
const LOOK_EVERY_MS = 20;

/** Hears what the looks find. */
interface LookListener {
  ready(tube: string): void;
  failed(tube: string, error: SourceError): void;
}

/**
 * Sees work come in tubes without touching it: reads the server's counters again and again, and the tubes only when
 * those have moved. Runs while there is a tube to look at; the wait between two looks is cut short when there is none.
 */
export class LookLoop {
  readonly #link: Link;
  readonly #listener: LookListener;
  #rest = new AbortController();
  readonly #tubes = new Set<string>();
  /** Not looked at yet: there may be work in them from before. */
  readonly #fresh = new Set<string>();
  /** The counters as they were before the last look at all tubes. */
  #seen = "";
  /** A busy server's counters move all the time. */
  readonly #all = new PacedSweep();
  #isRunning = false;

  constructor(link: Link, listener: LookListener) {
    this.#link = link;
    this.#listener = listener;
  }

  /** The listener hears of this tube until `stop`, each time a look finds work in it. */
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

  stopAll(): void {
    this.#tubes.clear();
    this.#fresh.clear();
    this.#rest.abort();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (this.#tubes.size > 0) {
        await this.#look();
        this.#rest = new AbortController();
        if (this.#tubes.size > 0) await pause(LOOK_EVERY_MS, this.#rest.signal);
      }
    } catch (error) {
      this.#failAll(asSourceError(error));
    } finally {
      this.#isRunning = false;
    }
  }

  async #look(): Promise<void> {
    const fresh = [...this.#fresh];
    this.#fresh.clear();
    const connection = this.#link.connection();
    const { ready, fingerprint } = await lookAtJobs(connection);
    const tell = (tube: string) => this.#listener.ready(tube);
    if (ready === 0) {
      this.#seen = fingerprint;
    } else if (fingerprint === this.#seen || !this.#all.isDue) {
      await sweep(connection, fresh, tell);
    } else {
      await this.#all.run(connection, this.#tubes, tell);
      this.#seen = fingerprint;
    }
  }

  #failAll(error: SourceError): void {
    this.#seen = "";
    const tubes = [...this.#tubes];
    this.stopAll();
    for (const tube of tubes) this.#listener.failed(tube, error);
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

  /** How many tubes are waited on. */
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

  /** It has stopped waiting; one that was told already is none any more. */
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
