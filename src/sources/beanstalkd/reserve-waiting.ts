import { pause } from "../../shared/async.ts";
import type { Listening, WorkListener } from "../shared/source.ts";
import { asSourceError, type SourceError } from "../shared/source-error.ts";
import type { Connection, Link } from "./connection.ts";
import { PacedSweep, readServerCounts, wordField } from "./counts.ts";
import { CounterPoller, Waiters } from "./poll-waiting.ts";

/** Each job that is seen costs a new connection, to which all its tubes are named again. */
const TUBES_A_CONNECTION = 1_000;
/** Finds out that a server is gone while nothing else is asked. */
const HEARTBEAT_MS = 1_000;

/**
 * Waits for work by reserving from many tubes at once: the job that comes names its tube, and the server puts it back in
 * the same moment (see TubeGroup). When there are more jobs, as in a burst, a sweep of all tubes finds them faster than
 * job by job.
 */
export class ReserveWaiting {
  readonly #dial: () => Connection;
  readonly #questions: Link;
  readonly #burst = new PacedSweep();
  readonly #untilWatched: CounterPoller;
  #rest = new AbortController();
  readonly #groups: TubeGroup[] = [];
  readonly #waiters = new Waiters({
    wanted: (tube) => this.#want(tube),
    unwanted: (tube) => this.#unwant(tube),
  });
  #isBeating = false;

  /** Polls go over `questions`, reserves over connections of their own. */
  constructor(dial: () => Connection, questions: Link) {
    this.#dial = dial;
    this.#questions = questions;
    this.#untilWatched = new CounterPoller(questions, this.#waiters);
  }

  listen(tube: string, listener: WorkListener): Listening {
    return this.#waiters.add(tube, listener);
  }

  /** Whether the tube's `current-waiting` may count our own connection. */
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

  /** A server that fails ends the waits, and fails the next read. */
  async #seen(jobId: string): Promise<void> {
    try {
      const connection = this.#questions.connection();
      const job = await connection.send(`stats-job ${jobId}`, ["OK", "NOT_FOUND"]);
      // A worker may have finished it already.
      if (job.words[0] === "OK") this.#waiters.wake(connection.parse(job, (text) => wordField(text, "tube")));
      const { ready } = await readServerCounts(connection);
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
/** The scaling that a wake is for goes first. */
const GIVE_WAY_MS = 10;
/** Naming a thousand tubes takes the server and us 10 ms each. New tubes, which are polled meanwhile, cause it no more often. */
const REDIAL_MS = 1_000;
/** A reserve waits until a job comes; the heartbeat finds out whether the server is there. */
const ENDLESS_MS = 2 ** 30;

interface TubeGroupListener {
  /** A job came, and is back in its tube. The group waits for the next one when the promise has resolved. */
  seen(jobId: string): Promise<void>;
  failed(error: SourceError): void;
}

/**
 * Waits for a job in many tubes on one connection: `watch` for each, `reserve`, and `quit`, all sent together. beanstalkd
 * reads the quit when it has written the job, closes the connection and puts the job back as it was, all in the same
 * moment and even if this process is gone. A frozen or unreachable process therefore never holds a job. That matters
 * because a job's time to run is no bound: beanstalkd 1.12 and 1.13 never take back a job that runs out in the very
 * microsecond in which they check, which on a busy server is half of them.
 */
class TubeGroup {
  readonly #connect: () => Connection;
  /** Sees jobs in tubes that the connection does not watch yet. */
  readonly #poller: CounterPoller;
  readonly #listener: TubeGroupListener;
  readonly #wanted = new Set<string>();
  #watched: ReadonlySet<string> = new Set();
  #connection: Connection | undefined;
  #dialledAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(connect: () => Connection, poller: CounterPoller, listener: TubeGroupListener) {
    this.#connect = connect;
    this.#poller = poller;
    this.#listener = listener;
  }

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
    if (this.#connection !== undefined || pause > GATHER_MS) this.#poller.start(tube);
    this.#dialIn(Math.max(GATHER_MS, pause));
  }

  /** Its connection goes on watching the tube until it is made again, at the first job at the latest. */
  remove(tube: string): void {
    if (!this.#wanted.delete(tube)) return;
    this.#poller.stop(tube);
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
    watching.then(() => this.#stopPolling(connection), failed);
    reserved.then(({ words }) => this.#seen(connection, words[1] ?? ""), failed);
  }

  #stopPolling(connection: Connection): void {
    if (this.#connection === connection) for (const tube of this.#watched) this.#poller.stop(tube);
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
