import type { ReadingFailure, SignalState } from "../core/index.ts";
import type { ServerReader } from "../engine/outages.ts";
import { sharedPace } from "../engine/pace.ts";
import { type Demand, Poller } from "../engine/poller.ts";
import type { Timer } from "../shared/async.ts";
import type { Listening, Source, SourceType, WorkListener } from "../sources/shared/source.ts";
import type { Gate } from "./gate.ts";
import { listenTo } from "./listen-to.ts";
import { asFailure, type Look, type LookUnderWay, look } from "./look.ts";
import type { Connect, ObservationTerms, Surroundings } from "./observation-terms.ts";
import type { Observer } from "./observer.ts";
import type { Limited } from "./wait-limit.ts";

/** Thousands of pauses end on common ticks of so many milliseconds, so that the process wakes for many at a time. */
const GRAIN = 20;

/**
 * Drives the poller of one question for all who ask it: reads the source, listens to it and sets the timer. Thousands
 * rest at a time, so nothing but a timer or a wait exists between two polls.
 */
export class Observation implements WorkListener, Limited, ServerReader {
  /** What is asked, as `questionOf` words it. */
  readonly question: string;
  readonly #type: Pick<SourceType, "type" | "pace">;
  readonly #connect: Connect;
  readonly #terms: ObservationTerms;
  readonly #gate: Gate;
  readonly #around: Surroundings;
  readonly #poller: Poller;
  #observers: readonly Observer[];
  #source: Source | undefined;
  /** The newest poll that was begun. */
  #begun = 0;
  #underWay: LookUnderWay | undefined;
  /** How long the answers to the poll under way have kept the process busy so far, in milliseconds. */
  #spent = 0;
  #listening: Listening | undefined;
  /** The wait's grain in the wait limit; undefined: it does not listen. */
  #limit: number | undefined;
  #timer: Timer | undefined;
  #isStirred = false;

  /** Polls until closed, for the first time when its turn has come. */
  constructor(
    question: string,
    type: Pick<SourceType, "type" | "pace">,
    connect: Connect,
    terms: ObservationTerms,
    gate: Gate,
    around: Surroundings,
    first: Observer,
    turnInMilliseconds: number,
  ) {
    this.question = question;
    this.#type = type;
    this.#connect = connect;
    this.#terms = terms;
    this.#gate = gate;
    this.#around = around;
    this.#observers = [first];
    const { clock, now, random, limits } = around;
    const { server, outage } = terms;
    const dueAt = clock.monotonic() + turnInMilliseconds;
    const pollerTerms = { limits, random, server, outage, driver: this };
    this.#poller = new Poller(pollerTerms, this.#demand(), dueAt, now() + turnInMilliseconds);
    this.#stir();
  }

  /** What is known now. */
  get state(): SignalState {
    return this.#poller.stateAt(this.#around.now());
  }

  get isWaiting(): boolean {
    return this.#poller.isWaiting;
  }

  /** Monotonic milliseconds at which the last poll that ended had begun: what it says of the queue is not older. */
  get pollBeganAt(): number {
    return this.#poller.beganAt;
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
    if (this.#poller.hasAnswered) observer.watcher.observed(this.#around.clock.monotonic());
    this.demandChanged();
  }

  remove(observer: Observer): void {
    this.#observers = this.#observers.filter((other) => other !== observer);
    this.demandChanged();
  }

  /** A workload fell asleep or woke up: waiting may have become right or wrong. */
  demandChanged(): void {
    this.#poller.demanded(this.#demand(), this.#around.clock.monotonic());
    this.#stir();
  }

  /** Something was decided: the next poll should come soon. */
  hurry(): void {
    this.#poller.hurry();
    this.#stir();
  }

  /** Polls as soon as the gate lets it, whatever the pace or a backoff says; a wait that is in force goes on. */
  pollNow(): void {
    this.#poller.pollNow(this.#around.clock.monotonic());
    this.#stir();
  }

  timeStepped(milliseconds: number): void {
    this.#poller.timeStepped(milliseconds);
  }

  heard(end: "maybe-work" | "unsupported"): void {
    this.#waitEnded(end);
  }

  failed(error: unknown): void {
    if (this.#waitEnded("failed")) this.#around.telemetry.failed(`Source/${asFailure(error).kind}`);
  }

  /** A wait has held for so long that a poll should see whether the source is still there. */
  expire(): void {
    this.#listening?.stop();
    this.#waitEnded("maybe-work");
  }

  /** Ends the poll, wait or pause that is under way, at once; resolves once the source has been given back. */
  async close(): Promise<void> {
    this.#poller.close();
    this.#underWay?.stop();
    this.#carryOut();
    await this.#source?.close?.();
  }

  #demand(): Demand {
    const asleep = this.#observers.filter(isAsleep).length;
    const areAll = asleep === this.#observers.length;
    return {
      pace: sharedPace(this.#type.pace, this.#observers),
      asleep: asleep === 0 ? "none" : areAll ? "all" : "some",
      namespace: this.#namespace,
    };
  }

  get #namespace(): string {
    return this.#observers[0]?.namespace ?? "";
  }

  /** Later, so that what called goes on first, and what comes of this harms no one else. */
  #stir(): void {
    if (this.#isStirred) return;
    this.#isStirred = true;
    queueMicrotask(() => this.#carryOut());
  }

  /** Does what the poller wants done now. */
  #carryOut(): void {
    this.#isStirred = false;
    const now = this.#around.clock.monotonic();
    const activity = this.#poller.settle(now);
    this.#timer?.cancel();
    this.#timer = undefined;
    if (activity !== "waiting") this.#stopListening();
    else if (this.#limit === undefined) this.#listen();
    if (activity === "polling" && this.#begun !== this.#poller.poll) {
      this.#begun = this.#poller.poll;
      this.#poll(this.#begun).then(
        () => this.#carryOut(),
        (error: unknown) => this.#around.broke(this.type, error),
      );
    }
    if (activity !== "resting") return;
    this.#timer = this.#around.clock.after(Math.ceil(this.#poller.wakeAt / GRAIN) * GRAIN - now, () =>
      this.#carryOut(),
    );
  }

  async #poll(poll: number): Promise<void> {
    await this.#gate.pass(this.#namespace, async () => {
      if (this.#poller.isClosed) return;
      const { clock, telemetry } = this.#around;
      const beganAt = clock.monotonic();
      this.#underWay = look(() => this.#connected(), clock, this.#terms.readSeconds);
      const outcome = await this.#underWay.outcome;
      this.#underWay = undefined;
      if (this.#poller.isClosed) return;
      const endedAt = clock.monotonic();
      telemetry.looked(this.type, "failure" in outcome ? outcome.failure.kind : "ok", (endedAt - beganAt) / 1000);
      this.#take(poll, outcome, beganAt, endedAt);
    });
  }

  #connected(): Source {
    this.#source ??= this.#connect((milliseconds) => {
      this.#spent += milliseconds;
    });
    this.#poller.canWait = this.#source.listen !== undefined || this.#source.waitForWork !== undefined;
    return this.#source;
  }

  #take(poll: number, outcome: Look, beganAt: number, endedAt: number): void {
    const spent = this.#spent;
    this.#spent = 0;
    const { now, putOff } = this.#around;
    let since: number | undefined;
    if ("failure" in outcome) {
      this.#noteFailure(outcome.failure, outcome.answer);
      since = this.#poller.failed(poll, outcome.failure, now(), endedAt, beganAt, spent);
    } else since = this.#poller.read(poll, outcome.reading, endedAt, beganAt, spent);
    const late = this.#poller.putOffMilliseconds;
    if (late > 0) putOff(this.type, this.#namespace, late);
    for (const { watcher } of this.#observers) watcher.observed(since ?? endedAt);
  }

  #noteFailure({ kind, message }: ReadingFailure, answer: string | undefined): void {
    if (answer !== undefined) this.#around.answered(this.type, message, answer);
    this.#around.telemetry.failed(`Source/${kind}`);
  }

  #listen(): void {
    if (this.#source === undefined) return;
    this.#limit = this.#around.waitLimit.add(this, this.#poller.wakeAt);
    try {
      const listening = listenTo(this.#source, this);
      if (this.#limit !== undefined) this.#listening = listening;
    } catch (error) {
      this.failed(error);
    }
  }

  /** False: it was not listening. */
  #waitEnded(end: "maybe-work" | "unsupported" | "failed"): boolean {
    if (this.#limit === undefined) return false;
    this.#listening = undefined;
    this.#stopListening();
    this.#poller.waitEnded(end, this.#around.clock.monotonic());
    this.#stir();
    return true;
  }

  #stopListening(): void {
    if (this.#limit === undefined) return;
    this.#around.waitLimit.remove(this, this.#limit);
    this.#limit = undefined;
    this.#listening?.stop();
    this.#listening = undefined;
  }
}

function isAsleep({ watcher }: Observer): boolean {
  return watcher.isAsleep;
}
