import { type Instant, type ReadingFailure, type SignalState, withReading } from "../core/index.ts";
import { type Backoff, pauseAfter } from "../pacing/backoff.ts";
import type { LoopShares } from "../pacing/loop-shares.ts";
import { sharedPace } from "../pacing/pace.ts";
import { Pacer } from "../pacing/pacer.ts";
import { retryOf } from "../pacing/retry.ts";
import type { Pace, Source, SourceType } from "../sources/shared/source.ts";
import type { Timer } from "./clock.ts";
import type { Gate } from "./gate.ts";
import { type Look, type LookUnderWay, look } from "./look.ts";
import type { Observer } from "./observer.ts";
import { Vigil, type VigilSurroundings } from "./vigil.ts";

/** Opens the source; `spent` hears how many milliseconds an answer kept the process busy. */
export type Connect = (spent: (milliseconds: number) => void) => Source;

/** What every observation shares with the others. */
export interface Surroundings extends VigilSurroundings {
  readonly now: () => Instant;
  readonly shares: LoopShares;
  /** Hears that a read is put off so long, since its namespace's answers take more than their share of the time. */
  readonly putOff: (type: string, namespace: string, milliseconds: number) => void;
  /** Hears of what ended an observation although it should not. */
  readonly broke: (type: string, error: unknown) => void;
  /** Hears the beginning of an answer that could not be used, for the operator alone. */
  readonly answered: (type: string, message: string, answer: string) => void;
}

const THROTTLED_RETRY: Backoff = { firstMilliseconds: 5_000, longestMilliseconds: 60_000 };

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
  /** A read that takes longer has failed. */
  readonly #readSeconds: number;
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
  #looks = 0;
  #lookedAt = 0;
  #lookBeganAt = 0;
  #dueAt = 0;
  /** What the answers to the read under way have taken of the process's time so far, in milliseconds. */
  #spent = 0;
  /** Until then its namespace has used up its share. */
  #notBefore = 0;
  #resting: Timer | undefined;

  constructor(
    question: string,
    type: Pick<SourceType, "type" | "pace">,
    connect: Connect,
    readSeconds: number,
    gate: Gate,
    around: Surroundings,
  ) {
    this.question = question;
    this.#type = type;
    this.#connect = connect;
    this.#readSeconds = readSeconds;
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

  /** The source's type. */
  get type(): string {
    return this.#type.type;
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
    this.#underWay?.stop();
    this.#vigil.callOff();
    this.#resting?.cancel();
    await this.#source?.close?.();
  }

  /** A workload without replicas may have work waiting: its first look does not wait for its turn. */
  #jumpQueue(): void {
    if (this.#looks === 0 && this.#observers.some(({ watcher }) => watcher.isAsleep)) this.lookNow();
  }

  async #look(): Promise<void> {
    await this.#gate.pass(this.#observers[0]?.namespace ?? "", async () => {
      if (this.#isClosed) return;
      const { clock, telemetry } = this.#around;
      const started = clock.monotonic();
      this.#underWay = look(() => this.#connected(), clock, this.#readSeconds);
      const outcome = await this.#underWay.outcome;
      this.#underWay = undefined;
      if (this.#isClosed) return;
      this.#lookedAt = clock.monotonic();
      this.#lookBeganAt = started;
      const kind = "failure" in outcome ? outcome.failure.kind : "ok";
      telemetry.looked(this.#type.type, kind, (this.#lookedAt - started) / 1000);
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
    const woken = this.#vigil.looked("failure" in outcome ? undefined : outcome.reading.value);
    this.#payForAnswer();
    this.#dueAt = Math.max(this.#lookedAt + this.#nextPause(), this.#notBefore);
    for (const { watcher } of this.#observers) watcher.observed(woken ?? this.#lookedAt);
  }

  #payForAnswer(): void {
    const namespace = this.#observers[0]?.namespace ?? "";
    this.#notBefore = this.#around.shares.charge(namespace, this.#spent, this.#lookedAt);
    this.#spent = 0;
    const late = this.#notBefore - this.#lookedAt - this.#pace.movingSeconds * 1000;
    if (late > 0) this.#around.putOff(this.type, namespace, late);
  }

  #noteFailure(failure: ReadingFailure, answer: string | undefined): void {
    this.#failures += 1;
    if (answer !== undefined) this.#around.answered(this.type, failure.message, answer);
    this.#around.telemetry.failed(`Source/${failure.kind}`);
    this.#state = { ...this.#state, failure, doubtSince: this.#state.doubtSince ?? this.#around.now() };
  }

  get #pace(): Pace {
    return sharedPace(this.#type.pace, this.#observers);
  }

  #nextPause(): number {
    const { random } = this.#around;
    if (this.#failures > 0) return pauseAfter(this.#failures, this.#retry, random);
    const pause = this.#pacer.pauseSeconds(this.#pace, random) * 1000;
    // Thousands that were all looked at when the process started must not be looked at together ever after.
    return this.#looks === 1 ? pause * random() : pause;
  }

  get #retry(): Backoff {
    if (this.#state.failure?.kind === "Throttled") return THROTTLED_RETRY;
    return retryOf(this.#pace);
  }

  /** The pace may have quickened: the next look then comes earlier for it; it never comes later. */
  #quicken(): void {
    if (this.#looks === 0 || this.#failures > 0) return;
    const pause = this.#pacer.pauseSeconds(this.#pace, this.#around.random) * 1000;
    this.#dueAt = Math.max(Math.min(this.#dueAt, this.#lookedAt + pause), this.#notBefore);
    this.#nudge();
  }

  /** Looks if it is time; else waits for work, or for the time to come. */
  #rest(): void {
    if (this.#isClosed) return;
    const { clock } = this.#around;
    const now = clock.monotonic();
    if (this.#source !== undefined && this.#shouldWait()) this.#vigil.begin(this.#source);
    else if (this.#dueAt <= now) {
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

  /** A wait has ended. */
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
    return this.#observers.every(({ watcher }) => watcher.isAsleep);
  }

  /** Something makes it worth thinking again: a pause ends early. */
  #nudge(): void {
    if (this.#resting === undefined) return;
    this.#resting.cancel();
    this.#resting = undefined;
    queueMicrotask(() => this.#rest());
  }
}
