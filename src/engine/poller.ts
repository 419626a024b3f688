import {
  type Instant,
  type Pace,
  pauseAfter,
  type Reading,
  type ReadingFailure,
  type SignalState,
  withReading,
} from "../core/index.ts";
import type { ServerReader } from "./outages.ts";
import { Pacer, retryBackoff } from "./pacing.ts";
import { append, type Demand, type Now, type PollerTerms } from "./poller-terms.ts";
import { type WaitEnd, WorkWait } from "./work-wait.ts";

/** What a poller does now. It does one thing at a time, so nothing is ever polled twice at once. */
export type Activity = "resting" | "polling" | "waiting" | "closed";

/**
 * When to poll one signal's source, when to wait for work instead, and what is known of it. After each event `settle`
 * says what the driver has to do. All times but `Instant`s are milliseconds of one steady clock.
 */
export class Poller implements ServerReader {
  /** Whether the source can wait for work. */
  canWait = false;
  /** Whether something happened to it since it was last settled. */
  isUnsettled = false;
  readonly #terms: PollerTerms;
  #demand: Demand;
  #activity: Activity = "resting";
  #state: SignalState;
  #poll = 0;
  #dueAt: number;
  /** Until then its namespace has used up its share of the time. */
  #notBefore = 0;
  readonly #pacer = new Pacer();
  /** Whether it counts among those that read an empty queue for nothing but a first message. */
  #isSleeping = false;
  #failures = 0;
  #answers = 0;
  #beganAt = 0;
  #endedAt = 0;
  readonly #wait = new WorkWait();
  /** When the wake came that asks for the next poll. */
  #wokenAt: number | undefined;

  /** `turn`: when the first poll is due; nothing is in doubt before. */
  constructor(terms: PollerTerms, demand: Demand, turn: Now) {
    this.#terms = terms;
    this.#demand = demand;
    this.#dueAt = turn.monotonic;
    this.#state = { doubtSince: turn.wall };
    this.stir();
  }

  /** Brings the activity up to date. A poll that begins has a new number. */
  settle(now: number): Activity {
    if (now >= this.#wait.endsAt) this.waitEnded("maybe-work", now);
    if (this.#activity !== "resting") return this.#activity;
    if (this.#shouldWait()) this.#beginWait(now);
    else if (this.#dueAt <= now) {
      this.#activity = "polling";
      this.#poll += 1;
    }
    return this.#activity;
  }

  /** When to settle again if nothing happens before. A poll is ended by its answer, at the latest by a time-out. */
  get wakeAt(): number {
    if (this.#activity === "resting") return this.#dueAt;
    return this.#activity === "waiting" ? this.#wait.endsAt : Number.POSITIVE_INFINITY;
  }

  /** The number of the newest poll. */
  get poll(): number {
    return this.#poll;
  }

  get isWaiting(): boolean {
    return this.#activity === "waiting";
  }

  /** Whether a workload without replicas waits for what it reads. */
  get isAsleep(): boolean {
    return this.#demand.asleep !== "none";
  }

  /** What is known now. While it waits for work the reading does not age: the wait is a poll that goes on. */
  stateAt(now: Instant): SignalState {
    const { reading } = this.#state;
    if (reading === undefined || this.#activity !== "waiting") return this.#state;
    return { ...this.#state, reading: { ...reading, at: now } };
  }

  /** What was last known, as it was read. */
  get state(): SignalState {
    return this.#state;
  }

  /** When the last poll that ended had begun: what it says of the queue is not older. */
  get beganAt(): number {
    return this.#beganAt;
  }

  get endedAt(): number {
    return this.#endedAt;
  }

  get hasAnswered(): boolean {
    return this.#answers > 0;
  }

  get pace(): Pace {
    return this.#demand.pace;
  }

  get namespace(): string {
    return this.#demand.namespace;
  }

  /** For how long the next poll is put off, as the namespace's answers take more than their share of the time. */
  get putOffMilliseconds(): number {
    return this.#notBefore - this.#endedAt - this.pace.movingSeconds * 1000;
  }

  /** Those who share the poll changed, or their workloads fell asleep or woke: the next poll may come earlier. */
  demanded(demand: Demand, now: number): void {
    this.stir();
    this.#demand = demand;
    this.#countSleeping();
    // A workload without replicas may have work waiting: its first poll does not wait for its turn.
    if (this.#answers === 0 && demand.asleep !== "none") this.#dueAt = Math.min(this.#dueAt, now);
    this.#quicken();
    if (this.#activity !== "waiting" || this.#shouldWait()) return;
    this.#activity = "resting";
    this.#wait.leave(now);
    this.#pollAfter(0, now);
  }

  /** A decision changed something: the next poll should come soon. */
  hurry(): void {
    this.stir();
    this.#pacer.hurry();
    this.#quicken();
  }

  /** Polls at once, whatever the pace or a backoff says. A wait goes on. */
  pollNow(now: number): void {
    this.stir();
    this.#dueAt = now;
  }

  /** Something happened to it, or its time has come: it is settled with the others. */
  stir(): void {
    if (this.isUnsettled) return;
    this.isUnsettled = true;
    const { limits } = this.#terms;
    limits.unsettled = append(limits.unsettled, this);
  }

  /** The poll of that number read this. Returns the time of the first sign of it, undefined if the answer came too late. */
  read(poll: number, reading: Reading, now: number, beganAt = now, spentMilliseconds = 0): number | undefined {
    if (!this.#endPoll(poll, now, beganAt, spentMilliseconds)) return undefined;
    const { outages } = this.#terms.limits;
    this.#failures = 0;
    this.#pacer.noteValue(reading.value, this.pace);
    this.#state = withReading(this.#state, reading);
    outages.answered(this.#terms.outage, this, now);
    const since = this.#takeWake(reading.value === 0, now);
    const pause = this.#usualPause();
    // Thousands that were all polled when the process started must not be polled together ever after.
    const spread = this.#answers === 1 ? pause * this.#terms.random() : pause;
    this.#dueAt = Math.max(now + spread, this.#notBefore);
    return since;
  }

  /** The same for a poll that failed. `at`: the time of day. */
  failed(
    poll: number,
    failure: ReadingFailure,
    at: Instant,
    now: number,
    beganAt = now,
    spentMilliseconds = 0,
  ): number | undefined {
    if (!this.#endPoll(poll, now, beganAt, spentMilliseconds)) return undefined;
    const { limits, outage, random } = this.#terms;
    this.#failures += 1;
    const isRepeated = failure.isEmpty && this.#state.failure?.isEmpty;
    const noted = isRepeated ? { ...failure, isRepeated } : failure;
    this.#state = { ...this.#state, failure: noted, doubtSince: this.#state.doubtSince ?? at };
    const usual = retryBackoff(this.pace, failure.kind);
    const retry = limits.outages.failed(outage, this, failure.kind, usual, now);
    const since = this.#takeWake(false, now);
    const pause = pauseAfter(this.#failures, retry, random);
    this.#dueAt = Math.max(now + Math.min(pause, this.#pauseWithoutData(failure)), this.#notBefore);
    return since;
  }

  /** The wait ended: there may be work, the source cannot wait now, or the wait failed. */
  waitEnded(end: WaitEnd, now: number): void {
    if (this.#activity !== "waiting") return;
    this.stir();
    this.#activity = "resting";
    const pause = this.#wait.end(end, now, this.#terms.random);
    if (end === "maybe-work") this.#wokenAt = now;
    if (end !== "unsupported") this.#pollAfter(pause, now);
  }

  /** The time of day was stepped by so much: what is remembered in it moves along. */
  timeStepped(milliseconds: number): void {
    const { doubtSince } = this.#state;
    if (doubtSince !== undefined) this.#state = { ...this.#state, doubtSince: doubtSince + milliseconds };
  }

  close(now: number): void {
    this.stir();
    this.#activity = "closed";
    this.#countSleeping();
    this.#terms.limits.outages.left(this.#terms.outage, this, now);
  }

  /** False: the answer is of a poll that was given up, or came twice. */
  #endPoll(poll: number, now: number, beganAt: number, spentMilliseconds: number): boolean {
    if (this.#activity !== "polling" || poll !== this.#poll) return false;
    this.#activity = "resting";
    this.#answers += 1;
    this.#beganAt = beganAt;
    this.#endedAt = now;
    this.stir();
    this.#notBefore = this.#terms.limits.answerTime.charge(this.#demand.namespace, spentMilliseconds, now);
    return true;
  }

  /** A poll ended: waiting may be tried again. Returns when a wake asked for the poll, else `now`. */
  #takeWake(isEmpty: boolean, now: number): number {
    const wokenAt = this.#wokenAt;
    this.#wait.polled(wokenAt !== undefined && isEmpty);
    this.#wokenAt = undefined;
    return wokenAt ?? now;
  }

  #shouldWait(): boolean {
    if (!this.canWait || this.#demand.asleep !== "all" || this.#activity === "closed") return false;
    return this.#isEmpty && this.#failures === 0 && !this.#wait.isRefused && this.#wokenAt === undefined;
  }

  /** An answer that there is nothing costs a server what a value does: it is asked for as often. */
  #pauseWithoutData({ kind }: ReadingFailure): number {
    if (kind !== "NotFound") return Number.POSITIVE_INFINITY;
    this.#pacer.noteValue(0, this.pace);
    return this.#usualPause();
  }

  get #isEmpty(): boolean {
    const { failure, reading } = this.#state;
    return failure === undefined ? reading?.value === 0 : failure.isEmpty === true;
  }

  #beginWait(now: number): void {
    this.#activity = "waiting";
    this.#wait.begin(now, this.#terms.random);
    this.#countSleeping();
  }

  #pollAfter(pause: number, now: number): void {
    this.#dueAt = Math.max(now + Math.min(pause, this.pace.steadySeconds * 1000), this.#notBefore);
  }

  /** The pace may have quickened: the next poll then comes earlier for it; it never comes later. */
  #quicken(): void {
    if (this.#answers === 0 || (this.#failures > 0 && !this.#isEmpty)) return;
    this.#dueAt = Math.max(Math.min(this.#dueAt, this.#endedAt + this.#usualPause()), this.#notBefore);
  }

  #usualPause(): number {
    const { pace } = this.#demand;
    const seconds = this.#pacer.pauseSeconds(pace, this.#terms.random);
    if (pace.asleepSeconds === undefined) return seconds * 1000;
    this.#countSleeping();
    const { server, limits } = this.#terms;
    if (!this.#isSleeping || server === undefined) return seconds * 1000;
    const readSeconds = (this.#endedAt - this.#beganAt) / 1000;
    return Math.min(seconds, limits.sleeping.pause(server, pace.asleepSeconds, readSeconds)) * 1000;
  }

  /** Counts it among those that read an empty queue for nothing but a first message, or no longer. */
  #countSleeping(): void {
    const { server, limits } = this.#terms;
    if (server === undefined) return;
    const isPolled = this.#activity !== "closed" && this.#activity !== "waiting";
    const canSleep = isPolled && this.#demand.pace.asleepSeconds !== undefined;
    const isSleeping = canSleep && this.#demand.asleep === "all" && this.#isEmpty;
    if (isSleeping === this.#isSleeping) return;
    this.#isSleeping = isSleeping;
    limits.sleeping.count(server, isSleeping ? 1 : -1);
  }
}
