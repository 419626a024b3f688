import { asSourceError } from "../shared/as-source-error.ts";
import type { Listening, WorkListener } from "../shared/source.ts";
import type { Connection } from "./connection.ts";
import { returnJob } from "./job-return.ts";
import type { Link } from "./link.ts";
import { LookLoop } from "./look-loop.ts";
import { PacedSweep } from "./paced-sweep.ts";
import { Waiters } from "./waiters.ts";
import { WatchList } from "./watch-list.ts";

/**
 * beanstalkd reads no further command of a connection that blocks in a reserve, so a change of the tubes takes effect
 * when the reserve ends. A second is the shortest that the protocol knows; one costs the server 0.2 ms with 10,000 tubes.
 */
const SLICE_SECONDS = 1;
/** A job that a reserve gives so soon was there already when it was asked for; each one costs two round trips. */
const AT_ONCE_MS = 10;

/**
 * Waiting for work by reserving from all tubes at once on one connection: the job that comes tells its tube and is given
 * back as it was. Tubes that are new while the connection blocks are looked at until it watches them. When the next job
 * is there already, as in a burst, all tubes are looked at as well: that finds the rest of them faster than job by job.
 */
export class ReserveWaiting {
  readonly #link: Link;
  readonly #looks: Link;
  readonly #burst = new PacedSweep();
  readonly #untilWatched: LookLoop;
  readonly #waiters = new Waiters({
    wanted: (tube) => this.#want(tube),
    unwanted: (tube) => this.#unwant(tube),
  });
  #connection: Connection | undefined;
  #watched: WatchList | undefined;
  #isBlocked = false;
  #isRunning = false;

  /** `link` is for reserving alone; looks go over the other one. */
  constructor(link: Link, looks: Link) {
    this.#link = link;
    this.#looks = looks;
    this.#untilWatched = new LookLoop(looks, {
      ready: (tube) => this.#waiters.wake(tube),
      failed: (tube, error) => this.#waiters.fail(tube, error),
    });
  }

  listen(tube: string, listener: WorkListener): Listening {
    return this.#waiters.add(tube, listener);
  }

  /** Whether the tube's `current-waiting` may have our own connection in it. */
  countsItself(tube: string): boolean {
    return this.#isBlocked && this.#watched?.has(tube) === true;
  }

  #want(tube: string): void {
    this.#watched?.want(tube);
    if (this.#isBlocked && this.#watched?.has(tube) === false) this.#untilWatched.start(tube);
    if (!this.#isRunning) void this.#run();
  }

  #unwant(tube: string): void {
    this.#watched?.unwant(tube);
    this.#untilWatched.stop(tube);
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (this.#waiters.size > 0) await this.#slice();
    } catch (error) {
      this.#waiters.failAll(asSourceError(error));
    } finally {
      this.#isRunning = false;
    }
  }

  async #slice(): Promise<void> {
    const connection = this.#link.connection();
    const watched = this.#watchedBy(connection);
    while (watched.isFarBehind) await watched.sendSome();
    if (this.#waiters.size === 0) return;
    watched.sendRest();
    this.#untilWatched.stopAll();
    const asked = performance.now();
    const jobId = await this.#reserve(connection);
    if (jobId === undefined) return;
    if (performance.now() - asked < AT_ONCE_MS && this.#burst.isDue) void this.#lookAtAll();
    const tube = await returnJob(connection, jobId);
    if (tube !== undefined) this.#waiters.wake(tube);
  }

  async #lookAtAll(): Promise<void> {
    try {
      await this.#burst.run(this.#looks.connection(), this.#waiters.tubes(), (tube) => this.#waiters.wake(tube));
    } catch {
      // The reserves go on and find the same jobs. A server that fails shows there, and in whatever is read next.
    }
  }

  #watchedBy(connection: Connection): WatchList {
    if (this.#connection !== connection || this.#watched === undefined) {
      this.#connection = connection;
      this.#watched = new WatchList(connection, this.#waiters.tubes());
    }
    return this.#watched;
  }

  async #reserve(connection: Connection): Promise<string | undefined> {
    this.#isBlocked = true;
    const start = performance.now();
    const milliseconds = SLICE_SECONDS * 1000;
    try {
      const expected = ["RESERVED", "TIMED_OUT", "DEADLINE_SOON"];
      const { words } = await connection.send(`reserve-with-timeout ${SLICE_SECONDS}`, expected, milliseconds);
      if (words[0] === "RESERVED") return words[1];
    } finally {
      this.#isBlocked = false;
    }
    // A server that does not wait would have us ask without end.
    if (performance.now() - start < milliseconds / 2)
      connection.close("Malformed", "expected a reserve to wait, it ended at once");
    return undefined;
  }
}
