import type { Autoscaler, Decision, Mutable, Situation, WorkersSeen } from "../core/index.ts";
import type { Effect } from "./events.ts";
import type { Now } from "./poller-terms.ts";

/** Between two surveys of one workload: the longer a scale-down is held up, the rarer. */
const SHORTEST_PAUSE_MILLISECONDS = 5_000;
const LONGEST_PAUSE_MILLISECONDS = 30_000;
/** A driver that does not answer within this time has lost the survey. */
const PATIENCE_MILLISECONDS = 60_000;

/** Asks who is busy, before a scale-down alone: one survey at a time, and not more often than every 5 to 30 s. */
export class WorkerSurvey {
  readonly #id: string;
  readonly #emit: (effect: Effect) => void;
  #isTidied = false;
  #number = 0;
  #begunAt: number | undefined;
  #mayBeginAt = 0;
  #pause = SHORTEST_PAUSE_MILLISECONDS;
  #workers: WorkersSeen | undefined;
  #lastSeen: WorkersSeen | undefined;

  constructor(id: string, emit: (effect: Effect) => void) {
    this.#id = id;
    this.#emit = emit;
  }

  /** The newest answer; undefined: what it said is no longer true. */
  get workers(): WorkersSeen | undefined {
    return this.#workers;
  }

  /** The newest answer, true still or not, for reports. */
  get lastSeen(): WorkersSeen | undefined {
    return this.#lastSeen;
  }

  /** Adds what is known of the workers to what is decided on. A new leader first has pods tidied. */
  addTo(situation: Mutable<Situation>, mayTouch: boolean): void {
    if (!this.#isTidied && mayTouch) {
      this.#isTidied = true;
      this.#emit({ type: "tidy", id: this.#id, autoscaler: situation.autoscaler });
    }
    if (this.#workers !== undefined) situation.workers = this.#workers;
  }

  /** Begins a survey where the decision wants one. Returns the milliseconds after which to decide again. */
  decided(autoscaler: Autoscaler, { wantsWorkers }: Decision, now: Now): number {
    if (wantsWorkers === undefined) return Number.POSITIVE_INFINITY;
    const lostAt = (this.#begunAt ?? Number.NEGATIVE_INFINITY) + PATIENCE_MILLISECONDS;
    if (now.monotonic < lostAt) return lostAt - now.monotonic;
    if (now.monotonic < this.#mayBeginAt) return this.#mayBeginAt - now.monotonic;
    this.#number += 1;
    this.#begunAt = now.monotonic;
    this.#emit({ type: "survey", id: this.#id, survey: this.#number, autoscaler });
    return PATIENCE_MILLISECONDS;
  }

  /** The survey of that number ended. False: it was given up before. */
  surveyed(survey: number, workers: WorkersSeen, now: Now): boolean {
    if (survey !== this.#number || this.#begunAt === undefined) return false;
    this.#begunAt = undefined;
    this.#workers = workers;
    this.#lastSeen = workers;
    this.#mayBeginAt = now.monotonic + this.#pause;
    this.#pause = Math.min(this.#pause * 1.5, LONGEST_PAUSE_MILLISECONDS);
    return true;
  }

  /** What was seen before a write is not what is there after it. */
  written(): void {
    this.#workers = undefined;
    this.#mayBeginAt = 0;
    this.#pause = SHORTEST_PAUSE_MILLISECONDS;
  }

  /** A worker that was idle is busy now: what was seen is no longer true. */
  outdated(): void {
    this.#workers = undefined;
  }

  /** Forgets all: another workload, or another process acts. */
  forget(): void {
    this.#begunAt = undefined;
    this.#isTidied = false;
    this.#lastSeen = undefined;
    this.written();
  }
}
