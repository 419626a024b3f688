import type { EngineEvent } from "../engine/events.ts";
import type { Activity } from "../engine/poller.ts";
import type { SharedPoller } from "../engine/shared-polls.ts";
import type { Timer } from "../shared/async.ts";
import type { Listening, Source, WorkListener } from "../sources/shared/source.ts";
import type { Clock, Limited, WaitLimit } from "./clock.ts";
import type { Gate } from "./gate.ts";
import { asFailure, listenTo, type ReadUnderWay, readOnce } from "./read-once.ts";
import type { Telemetry } from "./telemetry.ts";

/** Thousands of pauses end on common ticks of this many milliseconds, so that the process wakes for many at a time. */
const GRAIN = 20;

/** What every source shares with the others. */
export interface SourceSurroundings {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly waitLimit: WaitLimit;
  readonly report: (event: EngineEvent) => void;
  /** Its answers take more than their share of time: the next read is put off. */
  readonly putOff: (type: string, namespace: string, milliseconds: number) => void;
  /** An error of ours ended the poll. */
  readonly broke: (type: string, error: unknown) => void;
  /** The beginning of an answer that could not be used, for the operator alone. */
  readonly answered: (type: string, message: string, answer: string) => void;
}

export interface PolledSourceTerms {
  readonly poller: SharedPoller;
  /** Opens the source; `spent` hears how many milliseconds an answer kept the process busy. */
  readonly connect: (spent: (milliseconds: number) => void) => Source;
  /** A read that takes longer has failed. */
  readonly readSeconds: number;
  readonly gate: Gate;
}

/**
 * Does for one poller what it wants done: reads the source, listens to it and sets the timer. Thousands rest at a time,
 * so nothing but a timer or a wait exists between two polls.
 */
export class PolledSource implements WorkListener, Limited {
  readonly #terms: PolledSourceTerms;
  readonly #around: SourceSurroundings;
  readonly #poller: SharedPoller;
  #source: Source | undefined;
  /** The newest poll that was begun. */
  #begun = 0;
  #isClosed = false;
  #underWay: ReadUnderWay | undefined;
  /** How long the answers to the poll under way have kept the process busy so far, in milliseconds. */
  #spent = 0;
  #listening: Listening | undefined;
  /** The wait's grain in the wait limit; undefined: it does not listen. */
  #limit: number | undefined;
  #timer: Timer | undefined;

  constructor(terms: PolledSourceTerms, around: SourceSurroundings) {
    this.#terms = terms;
    this.#around = around;
    this.#poller = terms.poller;
  }

  carryOut(activity: Activity): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (activity !== "waiting") this.#stopListening();
    else if (this.#limit === undefined) this.#listen();
    if (activity === "polling" && this.#begun !== this.#poller.poll) {
      this.#begun = this.#poller.poll;
      this.#poll(this.#begun).catch((error: unknown) => this.#around.broke(this.#type, error));
    }
    if (activity !== "resting") return;
    const { clock, report } = this.#around;
    this.#timer = clock.after(Math.ceil(this.#poller.wakeAt / GRAIN) * GRAIN - clock.monotonic(), () =>
      report({ type: "poll due", poller: this.#poller }),
    );
  }

  /** Ends the poll, wait or pause that is under way, at once; resolves once the source has been given back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.carryOut("closed");
    this.#underWay?.stop();
    await this.#source?.close?.();
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

  get #type(): string {
    return this.#poller.reference.type;
  }

  async #poll(poll: number): Promise<void> {
    const { gate, readSeconds } = this.#terms;
    await gate.pass(this.#poller.namespace, async () => {
      if (this.#isClosed) return;
      const { clock, telemetry } = this.#around;
      const beganAt = clock.monotonic();
      this.#underWay = readOnce(() => this.#connected(), clock, readSeconds);
      const outcome = await this.#underWay.outcome;
      this.#underWay = undefined;
      if (this.#isClosed) return;
      const isFailed = "failure" in outcome;
      telemetry.looked(this.#type, isFailed ? outcome.failure.kind : "ok", (clock.monotonic() - beganAt) / 1000);
      if (isFailed) telemetry.failed(`Source/${outcome.failure.kind}`);
      if (isFailed && outcome.answer !== undefined) {
        this.#around.answered(this.#type, outcome.failure.message, outcome.answer);
      }
      const spentMilliseconds = this.#spent;
      this.#spent = 0;
      const canWait = this.#source?.listen !== undefined || this.#source?.waitForWork !== undefined;
      const answer = { poll, outcome, beganAt, spentMilliseconds, canWait };
      this.#around.report({ type: "answered", poller: this.#poller, answer });
      const late = this.#poller.putOffMilliseconds;
      if (late > 0) this.#around.putOff(this.#type, this.#poller.namespace, late);
    });
  }

  #connected(): Source {
    this.#source ??= this.#terms.connect((milliseconds) => {
      this.#spent += milliseconds;
    });
    return this.#source;
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
    this.#around.report({ type: "wait ended", poller: this.#poller, end });
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
