import {
  type Account,
  type Autoscaler,
  type Decision,
  decide,
  type Incident,
  InternPool,
  type Pace,
  type WorkersSeen,
} from "../../src/core/index.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { Answer, Duty, Effect, EngineEvent, ScaleWrite } from "../../src/engine/events.ts";
import type { Activity } from "../../src/engine/poller.ts";
import type { Now } from "../../src/engine/poller-terms.ts";
import type { WriteOutcome } from "../../src/engine/scaler.ts";
import type { SharedPoller } from "../../src/engine/shared-polls.ts";

/** One poller that the engine has, what it does now and until when. */
export interface StagedPoller {
  readonly poller: SharedPoller;
  readonly activity: Activity;
}

/** A write that was begun, and how things were then. */
export interface StagedWrite extends ScaleWrite {
  readonly duty: Duty;
  readonly mayWrite: boolean;
  readonly at: number;
  /** How many other writes were open. */
  readonly openBefore: number;
}

export interface StageOptions {
  readonly pace: Pace;
  readonly canWait: boolean;
  readonly random?: () => number;
  readonly replicas: number;
}

const START = Date.UTC(2026, 0, 5, 12);

/** The engine alone, with one autoscaler, and a world that does nothing but what a test says. */
export class EngineStage {
  readonly engine: Engine;
  readonly pollers = new Map<string, StagedPoller>();
  readonly writes: StagedWrite[] = [];
  readonly decisions: Decision[] = [];
  /** Surveys that were begun, oldest first. */
  readonly surveys: { readonly number: number; readonly at: number }[] = [];
  /** How often pods were to be tidied. */
  tidied = 0;
  /** Writes that the engine waits for. */
  readonly open = new Map<number, StagedWrite>();
  monotonic = 1_000;
  ahead = START - 1_000;
  mayWrite = true;
  gapEndedAt = Number.NEGATIVE_INFINITY;
  /** The workload as it is, and as the watch has shown it. */
  replicas: number;
  alarmAt = Number.POSITIVE_INFINITY;
  account: Account | undefined;
  readonly incidents: Incident[] = [];
  readonly #canWait: boolean;
  readonly #id: string;
  #version = 1;

  constructor(autoscaler: Autoscaler, { pace, canWait, replicas, random = () => 0.5 }: StageOptions) {
    this.#canWait = canWait;
    this.#id = autoscaler.id;
    this.replicas = replicas;
    this.engine = new Engine({
      sourceFacts: () => ({ pace, server: undefined }),
      decide,
      random,
      reports: { decide, conditions: new InternPool() },
    });
    this.step({ type: "kept", parsed: { autoscaler, memory: {}, problems: [] } });
    this.show();
    this.step({ type: "duty", duty: "observe" });
    this.step({ type: "duty", duty: "act" });
    this.turn();
  }

  get now(): Now {
    return { monotonic: this.monotonic, wall: this.monotonic + this.ahead, ahead: this.ahead };
  }

  /** The moment at which something is due; Infinity: nothing is, but for answers. */
  get dueAt(): number {
    const due = [...this.pollers.values()].map(({ poller }) => poller.wakeAt);
    return Math.min(this.alarmAt, ...due);
  }

  step(event: EngineEvent): void {
    for (const effect of this.engine.step(event, this.now)) this.#carryOut(effect);
  }

  /** What a driver does after each event. */
  turn(): void {
    this.step({ type: "settle" });
    for (let passes = 0; passes < 50 && this.engine.next !== undefined; passes += 1) {
      this.step({ type: "pass", mayWrite: this.mayWrite, gapEndedAt: this.gapEndedAt });
    }
    this.step({ type: "settle" });
  }

  /** Lets time pass and reports what is due then. */
  pass(milliseconds: number): void {
    this.monotonic += milliseconds;
    for (const { poller } of this.pollers.values()) {
      if (poller.wakeAt <= this.monotonic) this.step({ type: "poll due", poller });
    }
    if (this.alarmAt <= this.monotonic) this.alarm();
    this.turn();
  }

  alarm(): void {
    this.alarmAt = Number.POSITIVE_INFINITY;
    this.step({ type: "alarm", id: this.#id });
  }

  answer(poller: SharedPoller, outcome: Answer["outcome"], poll = poller.poll, beganAt = this.monotonic): void {
    const answer = { poll, outcome, beganAt, spentMilliseconds: 0, canWait: this.#canWait };
    this.step({ type: "answered", poller, answer });
    this.turn();
  }

  endWrite(number: number, outcome: WriteOutcome): void {
    this.open.delete(number);
    this.step({ type: "write ended", id: this.#id, write: number, outcome });
    this.turn();
  }

  duty(duty: Duty): void {
    this.step({ type: "duty", duty });
    this.turn();
  }

  keep(autoscaler: Autoscaler): void {
    this.step({ type: "kept", parsed: { autoscaler, memory: {}, problems: [] } });
    this.turn();
  }

  /** The watch shows the workload as it is. */
  show(): void {
    this.#version += 1;
    const resourceVersion = String(this.#version);
    const { replicas } = this;
    const state = { state: "present", uid: "u", resourceVersion, replicas, rivals: [] } as const;
    this.step({ type: "workload", id: this.#id, state });
    if (this.engine.duty === "act") this.turn();
  }

  survey(number: number, workers: WorkersSeen): void {
    this.step({ type: "surveyed", id: this.#id, survey: number, workers });
    this.turn();
  }

  #carryOut(effect: Effect): void {
    if (effect.type === "crashed") throw effect.error;
    if (effect.type === "poll" && effect.activity === "closed") this.pollers.delete(effect.poller.key);
    else if (effect.type === "poll") this.pollers.set(effect.poller.key, effect);
    else if (effect.type === "wake") this.alarmAt = effect.at;
    else if (effect.type === "decided") this.decisions.push(effect.decision);
    else if (effect.type === "report") this.account = effect.account;
    else if (effect.type === "incident") this.incidents.push(effect.incident);
    else if (effect.type === "write") this.#write(effect.write);
    else if (effect.type === "survey") this.surveys.push({ number: effect.survey, at: this.monotonic });
    else if (effect.type === "tidy") this.tidied += 1;
    else if (effect.type === "call off") {
      for (const number of [...this.open.keys()]) this.endWrite(number, "called-off");
    }
  }

  #write(write: ScaleWrite): void {
    const { mayWrite, monotonic: at, open } = this;
    const staged = { ...write, mayWrite, at, duty: this.engine.duty, openBefore: open.size };
    this.writes.push(staged);
    open.set(write.number, staged);
  }
}
