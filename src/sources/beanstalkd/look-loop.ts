import { pause } from "../../shared/async.ts";
import { asSourceError } from "../shared/as-source-error.ts";
import type { SourceError } from "../shared/source-error.ts";
import { lookAtJobs } from "./job-counts.ts";
import type { Link } from "./link.ts";
import { PacedSweep } from "./paced-sweep.ts";
import { sweep } from "./sweep.ts";

/** How often the server's own counters are read: 50 small commands a second, 0.4 % of a core for the server and 3 % for us. */
const LOOK_EVERY_MS = 20;

/** Hears what the looks find. */
export interface LookListener {
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
