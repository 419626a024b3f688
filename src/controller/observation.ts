import { type Pace, type ReadingFailure, type SignalState, withReading } from "../core/index.ts";
import { type Backoff, pauseAfter } from "../engine/backoff.ts";
import { sharedPace } from "../engine/pace.ts";
import { Pacer } from "../engine/pacer.ts";
import { retryOf } from "../engine/retry.ts";
import { SleepingReader } from "../engine/sleeping-reads.ts";
import type { Source, SourceType } from "../sources/shared/source.ts";
import type { Timer } from "./clock.ts";
import type { Gate } from "./gate.ts";
import { type Look, type LookUnderWay, look } from "./look.ts";
import type { Connect, ObservationTerms, Surroundings } from "./observation-terms.ts";
import type { Observer } from "./observer.ts";
import { Vigil } from "./vigil.ts";

/** Thousands of pauses end on common ticks of so many milliseconds, so that the process wakes for many at a time. */
const GRAIN = 20;

/**
 * Looks at one place again and again for everybody who asks the same, and blocks on it while all of them sleep. Thousands
 * rest at a time, so nothing but a timer or a wait exists between two looks.
 */
export class Observation {
  /** What is asked, as `questionOf` words it. */
  readonly question: string;
  readonly #type: Pick<SourceType, "type" | "pace">;
  readonly #connect: Connect;
  readonly #terms: ObservationTerms;
  readonly #gate: Gate;
  readonly #around: Surroundings;
  #observers: readonly Observer[] = [];
  #isClosed = false;
  #underWay: LookUnderWay | undefined;
  readonly #pacer = new Pacer();
  readonly #vigil: Vigil;
  #source: Source | undefined;
  #state: SignalState;
  #failures = 0;
  #retry: Backoff | undefined;
  #looks = 0;
  #lookedAt = 0;
  #lookBeganAt = 0;
  #dueAt = 0;
  /** What the answers to the read under way have taken of the process's time so far, in milliseconds. */
  #spent = 0;
  #lastReadSeconds = 0;
  readonly #sleeper: SleepingReader;
  /** Until then its namespace has used up its share. */
  #notBefore = 0;
  #resting: Timer | undefined;

  constructor(
    question: string,
    type: Pick<SourceType, "type" | "pace">,
    connect: Connect,
    terms: ObservationTerms,
    gate: Gate,
    around: Surroundings,
  ) {
    this.question = question;
    this.#type = type;
    this.#connect = connect;
    this.#terms = terms;
    this.#sleeper = new SleepingReader(around.sleeping, terms.server);
    this.#gate = gate;
    this.#around = around;
    this.#vigil = new Vigil(around, (pause) => this.#waited(pause));
    this.#state = { doubtSince: around.now() };
  }

  /** What is known now. While a wait for work is in force the reading does not age: the wait is a look that goes on. */
  get state(): SignalState {
    const { reading } = this.#state;
    if (reading === undefined || !this.#vigil.isInForce) return this.#state;
    return { ...this.#state, reading: { ...reading, at: this.#around.now() } };
  }

  get isWaiting(): boolean {
    return this.#vigil.isInForce;
  }

  /** Monotonic milliseconds at which the last look that ended had begun: what it says of the queue is not older. */
  get lookBeganAt(): number {
    return this.#lookBeganAt;
  }

  get type(): string {
    return this.#type.type;
  }

  get isAsleep(): boolean {
    return this.#observers.some(isAsleep);
  }

  get observers(): number {
    return this.#observers.length;
  }

  add(observer: Observer): void {
    this.#observers = this.#observers.concat(observer);
    if (this.#looks > 0) observer.watcher.observed(this.#around.clock.monotonic());
    this.#quicken();
    this.#jumpQueue();
  }

  remove(observer: Observer): void {
    this.#observers = this.#observers.filter((other) => other !== observer);
    this.#nudge();
  }

  /** Somebody's workload fell asleep or woke up: waiting may have become right or wrong. */
  sleepChanged(): void {
    if (this.#vigil.isInForce && !this.#shouldWait()) this.#vigil.callOff();
    this.#jumpQueue();
    this.#quicken();
    this.#nudge();
  }

  /** Something was decided: the next look should come soon. */
  hurry(): void {
    this.#pacer.hurry();
    this.#quicken();
  }

  /** Looks as soon as the gate lets it, whatever the pace or a backoff says; a wait that is in force goes on. */
  lookNow(): void {
    this.#dueAt = this.#around.clock.monotonic();
    this.#nudge();
  }

  /** The time of day was stepped by so much: what is remembered in it moves along. */
  timeStepped(milliseconds: number): void {
    const { doubtSince } = this.#state;
    if (doubtSince !== undefined) this.#state = { ...this.#state, doubtSince: doubtSince + milliseconds };
  }

  /** Looks until closed, for the first time when its turn has come. */
  start(turnInMilliseconds = 0): void {
    this.#dueAt = this.#around.clock.monotonic() + turnInMilliseconds;
    // What nobody was to look at yet is not in doubt for that.
    this.#state = { doubtSince: this.#around.now() + turnInMilliseconds };
    this.#rest();
  }

  /** Ends the look, wait or pause that is under way, at once; resolves once the source has been given back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#countSleeping();
    this.#around.outages.left(this.#terms.outage, this);
    this.#underWay?.stop();
    this.#vigil.callOff();
    this.#resting?.cancel();
    await this.#source?.close?.();
  }

  /** A workload without replicas may have work waiting: its first look does not wait for its turn. */
  #jumpQueue(): void {
    if (this.#looks === 0 && this.isAsleep) this.lookNow();
  }

  async #look(): Promise<void> {
    await this.#gate.pass(this.#namespace, async () => {
      if (this.#isClosed) return;
      const { clock, telemetry } = this.#around;
      const started = clock.monotonic();
      this.#underWay = look(() => this.#connected(), clock, this.#terms.readSeconds);
      const outcome = await this.#underWay.outcome;
      this.#underWay = undefined;
      if (this.#isClosed) return;
      this.#lookedAt = clock.monotonic();
      this.#lookBeganAt = started;
      this.#lastReadSeconds = (this.#lookedAt - started) / 1000;
      telemetry.looked(this.type, "failure" in outcome ? outcome.failure.kind : "ok", this.#lastReadSeconds);
      this.#take(outcome);
    });
  }

  #connected(): Source {
    this.#source ??= this.#connect((milliseconds) => {
      this.#spent += milliseconds;
    });
    return this.#source;
  }

  #take(outcome: Look): void {
    this.#looks += 1;
    if ("failure" in outcome) this.#noteFailure(outcome.failure, outcome.answer);
    else {
      this.#failures = 0;
      this.#pacer.looked(outcome.reading.value, this.#pace);
      this.#state = withReading(this.#state, outcome.reading);
    }
    const failed = this.#state.failure?.kind;
    this.#retry = this.#around.outages.retryAfter(this.#terms.outage, this, failed, retryOf(this.#pace, failed));
    const woken = this.#vigil.looked("failure" in outcome ? undefined : outcome.reading.value);
    this.#payForAnswer();
    this.#dueAt = Math.max(this.#lookedAt + this.#nextPause(), this.#notBefore);
    for (const { watcher } of this.#observers) watcher.observed(woken ?? this.#lookedAt);
  }

  #payForAnswer(): void {
    this.#notBefore = this.#around.shares.charge(this.#namespace, this.#spent, this.#lookedAt);
    this.#spent = 0;
    const late = this.#notBefore - this.#lookedAt - this.#pace.movingSeconds * 1000;
    if (late > 0) this.#around.putOff(this.type, this.#namespace, late);
  }

  #noteFailure(failure: ReadingFailure, answer: string | undefined): void {
    this.#failures += 1;
    if (answer !== undefined) this.#around.answered(this.type, failure.message, answer);
    this.#around.telemetry.failed(`Source/${failure.kind}`);
    const isRepeated = failure.isEmpty && this.#state.failure?.isEmpty;
    const noted = isRepeated ? { ...failure, isRepeated } : failure;
    this.#state = { ...this.#state, failure: noted, doubtSince: this.#state.doubtSince ?? this.#around.now() };
  }

  get #namespace(): string {
    return this.#observers[0]?.namespace ?? "";
  }

  get #pace(): Pace {
    return sharedPace(this.#type.pace, this.#observers);
  }

  #nextPause(): number {
    const { random } = this.#around;
    if (this.#retry !== undefined && this.#failures > 0) return pauseAfter(this.#failures, this.#retry, random);
    const pause = this.#usualPause();
    // Thousands that were all looked at when the process started must not be looked at together ever after.
    return this.#looks === 1 ? pause * random() : pause;
  }

  #usualPause(): number {
    const pace = this.#pace;
    const seconds = this.#pacer.pauseSeconds(pace, this.#around.random);
    this.#countSleeping();
    return this.#sleeper.pause(seconds, pace.asleepSeconds, this.#lastReadSeconds) * 1000;
  }

  /** Counts it among those that read an empty queue for nothing but a first message, or no longer. */
  #countSleeping(): void {
    const isEmpty = this.#failures === 0 && this.#state.reading?.value === 0;
    const isPolled = !this.#isClosed && !this.#vigil.isInForce && this.#pace.asleepSeconds !== undefined;
    this.#sleeper.isSleeping = isEmpty && isPolled && this.#observers.length > 0 && this.#observers.every(isAsleep);
  }

  /** The pace may have quickened: the next look then comes earlier for it; it never comes later. */
  #quicken(): void {
    if (this.#looks === 0 || this.#failures > 0) return;
    const pause = this.#usualPause();
    this.#dueAt = Math.max(Math.min(this.#dueAt, this.#lookedAt + pause), this.#notBefore);
    this.#nudge();
  }

  /** Looks if it is time; else waits for work, or for the time to come. */
  #rest(): void {
    if (this.#isClosed) return;
    const { clock } = this.#around;
    const now = clock.monotonic();
    if (this.#source !== undefined && this.#shouldWait()) {
      this.#vigil.begin(this.#source);
      this.#countSleeping();
    } else if (this.#dueAt <= now) {
      this.#look().then(
        () => this.#rest(),
        (error: unknown) => this.#around.broke(this.type, error),
      );
    } else {
      this.#resting = clock.after(Math.ceil(this.#dueAt / GRAIN) * GRAIN - now, () => {
        this.#resting = undefined;
        this.#rest();
      });
    }
  }

  #waited(pause: number | undefined): void {
    const longest = this.#pace.steadySeconds * 1000;
    if (pause !== undefined)
      this.#dueAt = Math.max(this.#around.clock.monotonic() + Math.min(pause, longest), this.#notBefore);
    this.#rest();
  }

  #shouldWait(): boolean {
    const canWait = this.#source?.listen !== undefined || this.#source?.waitForWork !== undefined;
    if (!canWait || this.#failures > 0 || this.#observers.length === 0) return false;
    if (this.#state.reading?.value !== 0 || !this.#vigil.mayBegin) return false;
    return this.#observers.every(isAsleep);
  }

  /** Something makes it worth thinking again: a pause ends early. */
  #nudge(): void {
    if (this.#resting === undefined) return;
    this.#resting.cancel();
    this.#resting = undefined;
    queueMicrotask(() => this.#rest());
  }
}

function isAsleep({ watcher }: Observer): boolean {
  return watcher.isAsleep;
}
