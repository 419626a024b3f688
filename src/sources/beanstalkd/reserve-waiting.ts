import { pause } from "../../shared/async.ts";
import type { Listening, WorkListener } from "../shared/source.ts";
import { asSourceError, type SourceError } from "../shared/source-error.ts";
import type { Connection, Link } from "./connection.ts";
import { lookAtJobs, PacedSweep, wordField } from "./counts.ts";
import { LookLoop, Waiters } from "./poll-waiting.ts";

/** Each job that is seen costs a connection that is told all its tubes again. */
const TUBES_A_CONNECTION = 1_000;
/** Nobody would notice otherwise that a server is gone without a word. */
const HEARTBEAT_MS = 1_000;

/**
 * Waiting for work by reserving from many tubes at once: the job that comes tells its tube and is back as it was in the
 * same moment (see TubeGroup). When there are more, as in a burst, all tubes are looked at as well: that finds the rest of
 * them faster than job by job.
 */
export class ReserveWaiting {
  readonly #dial: () => Connection;
  readonly #questions: Link;
  readonly #burst = new PacedSweep();
  readonly #untilWatched: LookLoop;
  #rest = new AbortController();
  readonly #groups: TubeGroup[] = [];
  readonly #waiters = new Waiters({
    wanted: (tube) => this.#want(tube),
    unwanted: (tube) => this.#unwant(tube),
  });
  #isBeating = false;

  /** Looks go over `questions`, reserves over connections of their own. */
  constructor(dial: () => Connection, questions: Link) {
    this.#dial = dial;
    this.#questions = questions;
    this.#untilWatched = new LookLoop(questions, {
      ready: (tube) => this.#waiters.wake(tube),
      failed: (tube, error) => this.#waiters.fail(tube, error),
    });
  }

  listen(tube: string, listener: WorkListener): Listening {
    return this.#waiters.add(tube, listener);
  }

  /** Whether the tube's `current-waiting` may have our own connection in it. */
  countsItself(tube: string): boolean {
    return this.#groups.some((group) => group.watches(tube));
  }

  close(error: SourceError): void {
    this.#waiters.failAll(error);
    this.#rest.abort();
  }

  #want(tube: string): void {
    this.#groupFor(tube).add(tube);
    if (!this.#isBeating) void this.#beat();
  }

  #unwant(tube: string): void {
    for (const group of this.#groups) group.remove(tube);
    if (this.#waiters.size === 0) this.#rest.abort();
  }

  #groupFor(tube: string): TubeGroup {
    const known = this.#groups.find((group) => group.watches(tube));
    const withRoom = known ?? this.#groups.find((group) => group.size < TUBES_A_CONNECTION);
    if (withRoom !== undefined) return withRoom;
    const group = new TubeGroup(this.#dial, this.#untilWatched, {
      seen: (jobId) => this.#seen(jobId),
      failed: (error) => this.#waiters.failAll(error),
    });
    this.#groups.push(group);
    return group;
  }

  /** A server that fails shows in the waits, which end, and in whatever is read next. */
  async #seen(jobId: string): Promise<void> {
    try {
      const connection = this.#questions.connection();
      const job = await connection.send(`stats-job ${jobId}`, ["OK", "NOT_FOUND"]);
      // A worker may have finished it already.
      if (job.words[0] === "OK") this.#waiters.wake(connection.understand(job, (text) => wordField(text, "tube")));
      const { ready } = await lookAtJobs(connection);
      if (ready > 1 && this.#burst.isDue) {
        await this.#burst.run(connection, this.#waiters.tubes(), (tube) => this.#waiters.wake(tube));
      }
    } catch (error) {
      this.#waiters.failAll(asSourceError(error));
    }
  }

  async #beat(): Promise<void> {
    this.#isBeating = true;
    try {
      while (this.#waiters.size > 0) {
        await this.#questions.connection().send("list-tube-used", ["USING"]);
        this.#rest = new AbortController();
        if (this.#waiters.size > 0) await pause(HEARTBEAT_MS, this.#rest.signal);
      }
    } catch (error) {
      this.#waiters.failAll(asSourceError(error));
    } finally {
      this.#isBeating = false;
    }
  }
}

/** New tubes come one by one when a process starts. */
const GATHER_MS = 20;
/** The thread does first what a wake is for: a scaling. */
const GIVE_WAY_MS = 10;
/** Telling a server a thousand tubes takes it and us some 10 ms. For new tubes, which are looked at meanwhile, not more often. */
const REDIAL_MS = 1_000;
/** A reserve waits for as long as nothing comes; somebody else finds out whether the server is there. */
const ENDLESS_MS = 2 ** 30;

interface TubeGroupListener {
  /** There was a job; it is back in its tube. The next one is waited for when the promise has resolved. */
  seen(jobId: string): Promise<void>;
  /** The connection broke. */
  failed(error: SourceError): void;
}

/**
 * Waits for a job in many tubes on one connection: `watch` for each, `reserve`, and `quit`, all sent together. beanstalkd
 * reads the quit when it has written the job, closes the connection and puts the job back as it was, all in the same
 * moment and whatever has become of us. A frozen or unreachable process therefore never holds a job. That matters because a
 * job's time to run is no bound: beanstalkd 1.12 and 1.13 never take a job back that runs out in the very microsecond in
 * which they look, which on a busy server is half of them.
 */
class TubeGroup {
  readonly #connect: () => Connection;
  /** Sees jobs in tubes that the connection does not watch yet. */
  readonly #looks: LookLoop;
  readonly #listener: TubeGroupListener;
  readonly #wanted = new Set<string>();
  #watched: ReadonlySet<string> = new Set();
  #connection: Connection | undefined;
  #dialledAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(connect: () => Connection, looks: LookLoop, listener: TubeGroupListener) {
    this.#connect = connect;
    this.#looks = looks;
    this.#listener = listener;
  }

  /** Tubes that are waited for. */
  get size(): number {
    return this.#wanted.size;
  }

  /** Whether its connection is in the server's count of those that wait on this tube. */
  watches(tube: string): boolean {
    return this.#connection !== undefined && this.#watched.has(tube);
  }

  add(tube: string): void {
    this.#wanted.add(tube);
    if (this.watches(tube)) return;
    const pause = this.#dialledAt + REDIAL_MS - performance.now();
    if (this.#connection !== undefined || pause > GATHER_MS) this.#looks.start(tube);
    this.#dialIn(Math.max(GATHER_MS, pause));
  }

  /** Its connection goes on watching the tube until it is made again, at the first job at the latest. */
  remove(tube: string): void {
    if (!this.#wanted.delete(tube)) return;
    this.#looks.stop(tube);
    if (this.#wanted.size === 0) this.close();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#hangUp();
  }

  #hangUp(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close("Unavailable", "the source is closed");
  }

  #dialIn(milliseconds: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#dial();
    }, milliseconds);
  }

  #dial(): void {
    this.#hangUp();
    const connection = this.#connect();
    const watched = new Set(this.#wanted);
    this.#connection = connection;
    this.#watched = watched;
    this.#dialledAt = performance.now();
    for (const tube of watched) connection.post(`watch ${tube}`, ["WATCHING"]);
    if (!watched.has("default")) connection.post("ignore default", ["WATCHING"]);
    // Answered in order: from here on the connection watches them all.
    const watching = connection.send("list-tube-used", ["USING"]);
    const reserved = connection.send("reserve", ["RESERVED"], ENDLESS_MS);
    connection.postQuit();
    const failed = (error: SourceError) => this.#failed(connection, error);
    watching.then(() => this.#stopLooking(connection), failed);
    reserved.then(({ words }) => this.#seen(connection, words[1] ?? ""), failed);
  }

  #stopLooking(connection: Connection): void {
    if (this.#connection === connection) for (const tube of this.#watched) this.#looks.stop(tube);
  }

  #seen(connection: Connection, jobId: string): void {
    if (this.#connection !== connection) return;
    this.#hangUp();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.#listener.seen(jobId).then(() => {
      if (this.#wanted.size > 0) this.#dialIn(GIVE_WAY_MS);
    });
  }

  #failed(connection: Connection, error: SourceError): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#listener.failed(error);
  }
}
