import type { SourceError } from "../shared/source-error.ts";
import type { Connection } from "./connection.ts";
import type { LookLoop } from "./look-loop.ts";

/** New tubes come one by one when a process starts. */
const GATHER_MS = 20;
/** The thread does first what a wake is for: a scaling. */
const GIVE_WAY_MS = 10;
/** Telling a server a thousand tubes takes it and us some 10 ms. For new tubes, which are looked at meanwhile, not more often. */
const REDIAL_MS = 1_000;
/** A reserve waits for as long as nothing comes; somebody else finds out whether the server is there. */
const ENDLESS_MS = 2 ** 30;

export interface TubeGroupListener {
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
export class TubeGroup {
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
