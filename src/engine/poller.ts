import {
  type Backoff,
  type Instant,
  type Pace,
  pauseAfter,
  type Reading,
  type ReadingFailure,
  type SignalState,
  withReading,
} from "../core/index.ts";
import { LoopShares } from "./loop-shares.ts";
import { Outages, type ServerReader } from "./outages.ts";
import { Pacer } from "./pacer.ts";
import { retryOf } from "./retry.ts";
import { SleepingReader, SleepingReads } from "./sleeping-reads.ts";

/** What a poller does now. It does one thing at a time, so nothing is ever polled twice at once. */
export type Activity = "resting" | "polling" | "waiting" | "closed";

/** What those who share the poll want of it. */
export interface Demand {
  readonly pace: Pace;
  /** How many of their workloads have no replicas, so that only a first message matters. */
  readonly asleep: "none" | "some" | "all";
  /** Whose share of the process's time the answers take. */
  readonly namespace: string;
}

/** What all pollers of a process share. */
export class PollerLimits {
  readonly shares = new LoopShares();
  readonly sleeping = new SleepingReads();
  readonly outages = new Outages();
}

export interface PollerTerms {
  readonly limits: PollerLimits;
  readonly random: () => number;
  /** Whose budget the reads take; undefined where no server is asked. */
  readonly server: string | undefined;
  /** What fails together: all who read one server, or this poller alone. */
  readonly outage: string;
  /** The driver: polls now when its server answers another one again. */
  readonly driver: ServerReader;
}

/** After a wait that failed: the poll that follows says how things are. */
const FAILED_WAIT_PAUSE: Backoff = { firstMilliseconds: 1_000, longestMilliseconds: 30_000 };
/** After wakes that found nothing: the first ones cost nothing, a source that wakes without end is slowed down. */
const FALSE_WAKE_PAUSE: Backoff = { firstMilliseconds: 20, longestMilliseconds: 2_000 };
const FREE_FALSE_WAKES = 1;
/** A wait that held this long was a good one, whatever came before. */
const HONEST_WAIT_MILLISECONDS = 10_000;
/**
 * No wait is for ever: if a connection dies and nobody notices, a poll after this long finds out. So rare that it does
 * not count against any budget of calls.
 */
const LONGEST_WAIT_MILLISECONDS = 30 * 60_000;

/**
 * When to poll one question, when to wait for work instead, and what is known of it. The driver reports each event,
 * then calls `settle` and carries out the activity. All times but `Instant`s are milliseconds of one steady clock.
 */
export class Poller {
  /** Whether the source can wait for work. */
  canWait = false;
  readonly #terms: PollerTerms;
  #demand: Demand;
  #activity: Activity = "resting";
  #state: SignalState;
  #poll = 0;
  #dueAt: number;
  /** Until then its namespace has used up its share of the time. */
  #notBefore = 0;
  readonly #pacer = new Pacer();
  readonly #sleeper: SleepingReader;
  #failures = 0;
  #answers = 0;
  #beganAt = 0;
  #endedAt = 0;
  #waitBeganAt = 0;
  #waitEndsAt = Number.POSITIVE_INFINITY;
  /** The source refused to wait, or the wait failed: a poll must come before the next one. */
  #isRefused = false;
  #failedWaits = 0;
  #falseWakes = 0;
  /** When the wake came that asks for the next poll. */
  #wokenAt: number | undefined;

  /** `dueAt`: when its turn comes. `turnAt`: the same as a time of day; nothing is in doubt before. */
  constructor(terms: PollerTerms, demand: Demand, dueAt: number, turnAt: Instant) {
    this.#terms = terms;
    this.#demand = demand;
    this.#dueAt = dueAt;
    this.#state = { doubtSince: turnAt };
    this.#sleeper = new SleepingReader(terms.limits.sleeping, terms.server);
  }

  /** Brings the activity up to date. A poll that begins has a new number. */
  settle(now: number): Activity {
    if (now >= this.#waitEndsAt) this.waitEnded("maybe-work", now);
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
    return this.#activity === "waiting" ? this.#waitEndsAt : Number.POSITIVE_INFINITY;
  }

  /** The number of the newest poll. */
  get poll(): number {
    return this.#poll;
  }

  get isWaiting(): boolean {
    return this.#activity === "waiting";
  }

  get isClosed(): boolean {
    return this.#activity === "closed";
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

  /** For how long the next poll is put off, as the namespace's answers take more than their share of the time. */
  get putOffMilliseconds(): number {
    return this.#notBefore - this.#endedAt - this.pace.movingSeconds * 1000;
  }

  /** Those who share the poll changed, or their workloads fell asleep or woke: the next poll may come earlier. */
  demanded(demand: Demand, now: number): void {
    this.#demand = demand;
    this.#countSleeping();
    // A workload without replicas may have work waiting: its first poll does not wait for its turn.
    if (this.#answers === 0 && demand.asleep !== "none") this.#dueAt = Math.min(this.#dueAt, now);
    this.#quicken();
    if (this.#activity !== "waiting" || this.#shouldWait()) return;
    this.#leaveWait(now);
    this.#pollAfter(0, now);
  }

  /** A decision changed something: the next poll should come soon. */
  hurry(): void {
    this.#pacer.hurry();
    this.#quicken();
  }

  /** Polls at once, whatever the pace or a backoff says. A wait goes on. */
  pollNow(now: number): void {
    this.#dueAt = now;
  }

  /** The poll of that number read this. Returns the time of the first sign of it, undefined if the answer came too late. */
  read(poll: number, reading: Reading, now: number, beganAt = now, spentMilliseconds = 0): number | undefined {
    if (!this.#endPoll(poll, now, beganAt, spentMilliseconds)) return undefined;
    const { outages } = this.#terms.limits;
    this.#failures = 0;
    this.#pacer.looked(reading.value, this.pace);
    this.#state = withReading(this.#state, reading);
    outages.answered(this.#terms.outage, this.#terms.driver);
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
    const { limits, outage, driver, random } = this.#terms;
    this.#failures += 1;
    const isRepeated = failure.isEmpty && this.#state.failure?.isEmpty;
    const noted = isRepeated ? { ...failure, isRepeated } : failure;
    this.#state = { ...this.#state, failure: noted, doubtSince: this.#state.doubtSince ?? at };
    const retry = limits.outages.failed(outage, driver, failure.kind, retryOf(this.pace, failure.kind));
    const since = this.#takeWake(false, now);
    this.#dueAt = Math.max(now + pauseAfter(this.#failures, retry, random), this.#notBefore);
    return since;
  }

  /** The wait ended: there may be work, the source cannot wait now, or the wait failed. */
  waitEnded(end: "maybe-work" | "unsupported" | "failed", now: number): void {
    if (this.#activity !== "waiting") return;
    this.#leaveWait(now);
    const { random } = this.#terms;
    if (end === "maybe-work") {
      this.#wokenAt = now;
      const tooMany = this.#falseWakes - FREE_FALSE_WAKES;
      this.#pollAfter(tooMany > 0 ? pauseAfter(tooMany, FALSE_WAKE_PAUSE, random) : 0, now);
      return;
    }
    this.#isRefused = true;
    if (end === "unsupported") return;
    this.#failedWaits += 1;
    this.#pollAfter(pauseAfter(this.#failedWaits, FAILED_WAIT_PAUSE, random), now);
  }

  /** The time of day was stepped by so much: what is remembered in it moves along. */
  timeStepped(milliseconds: number): void {
    const { doubtSince } = this.#state;
    if (doubtSince !== undefined) this.#state = { ...this.#state, doubtSince: doubtSince + milliseconds };
  }

  close(): void {
    this.#activity = "closed";
    this.#countSleeping();
    this.#terms.limits.outages.left(this.#terms.outage, this.#terms.driver);
  }

  /** False: the answer is of a poll that was given up, or came twice. */
  #endPoll(poll: number, now: number, beganAt: number, spentMilliseconds: number): boolean {
    if (this.#activity !== "polling" || poll !== this.#poll) return false;
    this.#activity = "resting";
    this.#answers += 1;
    this.#beganAt = beganAt;
    this.#endedAt = now;
    this.#notBefore = this.#terms.limits.shares.charge(this.#demand.namespace, spentMilliseconds, now);
    return true;
  }

  /** A poll ended: waiting may be tried again. Returns when a wake asked for the poll, else `now`. */
  #takeWake(isEmpty: boolean, now: number): number {
    const wokenAt = this.#wokenAt;
    this.#falseWakes = wokenAt !== undefined && isEmpty ? this.#falseWakes + 1 : 0;
    this.#isRefused = false;
    this.#wokenAt = undefined;
    return wokenAt ?? now;
  }

  #shouldWait(): boolean {
    if (!this.canWait || this.#demand.asleep !== "all" || this.#activity === "closed") return false;
    return this.#isEmpty && !this.#isRefused && this.#wokenAt === undefined;
  }

  get #isEmpty(): boolean {
    return this.#failures === 0 && this.#state.reading?.value === 0;
  }

  #beginWait(now: number): void {
    this.#activity = "waiting";
    this.#waitBeganAt = now;
    this.#waitEndsAt = now + LONGEST_WAIT_MILLISECONDS * (0.8 + this.#terms.random() / 5);
    this.#countSleeping();
  }

  #leaveWait(now: number): void {
    this.#activity = "resting";
    this.#waitEndsAt = Number.POSITIVE_INFINITY;
    if (now - this.#waitBeganAt < HONEST_WAIT_MILLISECONDS) return;
    this.#failedWaits = 0;
    this.#falseWakes = 0;
  }

  #pollAfter(pause: number, now: number): void {
    this.#dueAt = Math.max(now + Math.min(pause, this.pace.steadySeconds * 1000), this.#notBefore);
  }

  /** The pace may have quickened: the next poll then comes earlier for it; it never comes later. */
  #quicken(): void {
    if (this.#answers === 0 || this.#failures > 0) return;
    this.#dueAt = Math.max(Math.min(this.#dueAt, this.#endedAt + this.#usualPause()), this.#notBefore);
  }

  #usualPause(): number {
    const { pace } = this.#demand;
    const seconds = this.#pacer.pauseSeconds(pace, this.#terms.random);
    if (pace.asleepSeconds === undefined) return seconds * 1000;
    this.#countSleeping();
    return this.#sleeper.pause(seconds, pace.asleepSeconds, (this.#endedAt - this.#beganAt) / 1000) * 1000;
  }

  /** Counts it among those that read an empty queue for nothing but a first message, or no longer. */
  #countSleeping(): void {
    const isPolled = this.#activity !== "closed" && this.#activity !== "waiting";
    const canSleep = isPolled && this.#demand.pace.asleepSeconds !== undefined;
    this.#sleeper.isSleeping = canSleep && this.#demand.asleep === "all" && this.#isEmpty;
  }
}
