import { pause } from "../../shared/async.ts";
import { asSourceError } from "../shared/as-source-error.ts";
import type { Listening, WorkListener } from "../shared/source.ts";
import type { SourceError } from "../shared/source-error.ts";
import type { Connection } from "./connection.ts";
import { wordField } from "./fields.ts";
import { lookAtJobs } from "./job-counts.ts";
import type { Link } from "./link.ts";
import { LookLoop } from "./look-loop.ts";
import { PacedSweep } from "./paced-sweep.ts";
import { TubeGroup } from "./tube-group.ts";
import { Waiters } from "./waiters.ts";

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
