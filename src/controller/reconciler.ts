import { isDeepStrictEqual } from "node:util";
import {
  type Account,
  type Autoscaler,
  type Decision,
  type Instant,
  type Memory,
  type Parsed,
  pauseAfter,
  withoutAgeing,
  withScaling,
} from "../core/index.ts";
import { takesSteps } from "../engine/scaler.ts";
import type { WorkloadState } from "../kubernetes/ports.ts";
import { Alarm } from "./alarm.ts";
import { Announcer } from "./announcer.ts";
import { Attention } from "./attention.ts";
import { idOf, originOf } from "./identity.ts";
import { laterOf, steppedBy, withoutRecommendations, withUnreportedScaling } from "./memory.ts";
import type { Watcher } from "./observer.ts";
import type { ReconcilerPorts } from "./reconciler-ports.ts";
import { type EndedWrite, Scaling } from "./scaling.ts";
import type { Standing } from "./standing.ts";
import { UnreportedScalings } from "./unreported-scalings.ts";
import { WorkloadWatch } from "./workload-watch.ts";

const CRASH_RETRY = { firstMilliseconds: 1_000, longestMilliseconds: 300_000 };

/** Keeps one autoscaler's workload at the number its decision asks for, and says what it does and why. */
export class Reconciler implements Watcher {
  readonly id: string;
  readonly #ports: ReconcilerPorts;
  readonly #attention: Attention;
  readonly #workload: WorkloadWatch;
  readonly #scaling: Scaling;
  readonly #announcer: Announcer;
  readonly #alarm: Alarm;
  readonly #wanted: () => void;
  #parsed: Parsed;
  #memory: Memory = {};
  readonly #unreported = new UnreportedScalings();
  #claimed: Autoscaler | undefined;
  #isLeading = false;
  #decision: Decision | undefined;
  #decidedAt: Instant | undefined;
  #lastDesired: number | undefined;
  #crashes = 0;
  #crashedUntil = 0;
  #passes = 0;
  #passSeconds = 0;

  /** `wanted` asks for a pass, soon. */
  constructor(parsed: Parsed, ports: ReconcilerPorts, wanted: (reconciler: Reconciler) => void) {
    this.id = idOf(parsed);
    this.#ports = ports;
    this.#parsed = parsed;
    this.#wanted = () => wanted(this);
    this.#scaling = new Scaling(ports, (end) => this.#writeEnded(end));
    this.#announcer = new Announcer(this.id, ports);
    this.#alarm = new Alarm(ports.clock, this.#wanted);
    this.#attention = new Attention(ports.observations, this);
    this.#workload = new WorkloadWatch(ports.workloads, (fellAsleepOrWoke) => {
      if (fellAsleepOrWoke) this.#attention.sleepChanged();
      this.#wanted();
    });
    this.update(parsed);
  }

  /** Whether the workload has no replicas. */
  get isAsleep(): boolean {
    return this.#workload.isAsleep;
  }

  /** A look at one of the signals ended. `since`: monotonic milliseconds of the first sign of what it saw. */
  observed(since: number): void {
    this.#scaling.noticed(since);
    this.#wanted();
  }

  get parsed(): Parsed {
    return this.#parsed;
  }

  get autoscaler(): Autoscaler | undefined {
    return "autoscaler" in this.#parsed ? this.#parsed.autoscaler : undefined;
  }

  /** The newest account, whether or not it was worth reporting. */
  get account(): Account | undefined {
    return this.#announcer.account;
  }

  /** Names of the signals whose source is being waited on: what was read of them last is true still. */
  get waiting(): ReadonlySet<string> {
    return this.#attention.waiting();
  }

  /** How many passes ended well, and how long the last of them took. */
  get passes(): { readonly count: number; readonly lastSeconds: number } {
    return { count: this.#passes, lastSeconds: this.#passSeconds };
  }

  /** The object is there, new or changed. */
  update(parsed: Parsed): void {
    // After most changes (our own of its status) it is the same: then the old one stays, and the new one is gone at once.
    if (!isDeepStrictEqual(this.#parsed, parsed)) this.#parsed = parsed;
    this.#crashedUntil = 0;
    if (this.#workload.follow(this.autoscaler?.target)) this.#scaling.stop();
    this.#claim();
    if (this.autoscaler === undefined) this.#attention.stop();
    this.#wanted();
  }

  /** From now on this process looks, so that it knows what it may soon act on. Returns for whom, if for anybody. */
  look(): Autoscaler | undefined {
    const { autoscaler } = this;
    if (autoscaler === undefined || this.#ports.claims.standing(this.#claimed).refusedFor !== undefined) {
      this.#attention.stop();
      return undefined;
    }
    const mayTouch = autoscaler.mode === "Active" && !this.#ports.dryRun;
    if (this.#attention.watch(autoscaler, mayTouch)) this.#memory = withoutRecommendations(this.#memory);
    return autoscaler;
  }

  /** From now on this process acts. */
  lead(): void {
    this.#isLeading = true;
    if ("memory" in this.#parsed) {
      this.#memory = laterOf(this.#memory, this.#parsed.memory, this.#ports.now());
      this.#unreported.begin(this.#parsed.reportedReplicas);
    }
    this.#announcer.begin(this.#memory);
    this.#wanted();
  }

  /** From now on another process acts: no look, no write, no timer. What is known of the cluster stays. */
  rest(): void {
    this.#isLeading = false;
    this.#attention.stop();
    this.#scaling.stop();
    this.#alarm.cancel();
    this.#announcer.end();
    this.#decision = undefined;
  }

  /** The object is gone. */
  end(): void {
    this.rest();
    this.#workload.follow(undefined);
    this.#ports.claims.replace(this.#claimed, undefined);
    this.#claimed = undefined;
  }

  /** The time of day was stepped by so much. */
  timeStepped(milliseconds: number): void {
    this.#memory = steppedBy(milliseconds, this.#memory);
    this.#attention.timeStepped(milliseconds);
  }

  /** One pass: see how things stand, decide, act, say so. */
  reconcile(): void {
    const started = this.#ports.clock.monotonic();
    if (!this.#isLeading || started < this.#crashedUntil) return;
    const last = this.#decision;
    this.#decision = undefined;
    const autoscaler = this.look();
    if (autoscaler !== undefined) {
      const { workload } = this.#scaling.see(this.#workload.state);
      const isDecided = last !== undefined && this.#scaling.isSpent && this.#takesSteps(autoscaler);
      if (workload.state === "present" && isDecided) this.#decision = last;
      else if (workload.state === "present") this.#decideAndAct(autoscaler, workload);
    }
    this.#say(this.#standing());
    this.#crashes = 0;
    this.#passes += 1;
    this.#passSeconds = (this.#ports.clock.monotonic() - started) / 1000;
  }

  /** A pass threw: nothing but this object waits for it. */
  crashed(error: unknown): void {
    this.#crashes += 1;
    this.#ports.telemetry.failed("Reconcile/Exception");
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#ports.log.error("A pass failed in a way it should not", { id: this.id, failures: this.#crashes, detail });
    const pause = pauseAfter(this.#crashes, CRASH_RETRY, this.#ports.random);
    this.#crashedUntil = this.#ports.clock.monotonic() + pause;
    this.#alarm.within(pause);
    this.#say(this.#standing(error instanceof Error ? error.message : detail));
  }

  #claim(): void {
    const claimant = this.autoscaler?.mode === "DryRun" ? undefined : this.autoscaler;
    const before = this.#claimed;
    this.#claimed = claimant;
    this.#ports.claims.replace(before, claimant);
  }

  #standing(internalError?: string): Standing {
    return {
      autoscaler: this.autoscaler,
      problems: this.#parsed.problems,
      ...this.#scaling.see(this.#workload.state),
      ...this.#ports.claims.standing(this.#claimed),
      signals: this.#attention.states(this.#ports.now()),
      decision: this.#decision,
      internalError,
      dryRun: this.#ports.dryRun,
    };
  }

  #decideAndAct(autoscaler: Autoscaler, workload: WorkloadState & { state: "present" }): void {
    const now = this.#ports.now();
    this.#noteUnreported(autoscaler, workload, now);
    const decision = this.#ports.decide({
      autoscaler: withoutAgeing(autoscaler, this.#attention.waiting()),
      currentReplicas: workload.replicas,
      signals: this.#attention.statesAt(now),
      memory: this.#memory,
      now,
    });
    this.#memory = decision.memory;
    this.#decision = decision;
    this.#decidedAt = now;
    this.#ports.telemetry.decided(decision.direction, decision.steps.at(-1)?.rule ?? "none");
    if (decision.desiredReplicas !== (this.#lastDesired ?? workload.replicas)) this.#attention.hurry();
    this.#lastDesired = decision.desiredReplicas;
    if (decision.reconsiderAt !== undefined) this.#alarm.within(decision.reconsiderAt - now);
    const isOld = decision.direction === "down" && !this.#attention.readSince(this.#ports.gapEndedAt());
    const change = { from: workload.replicas, to: decision.desiredReplicas };
    const wait = this.#unreported.wait(this.#reportedReplicas, change, this.#ports.clock.monotonic());
    if (isOld) this.#attention.pollNow();
    else if (wait > 0) this.#alarm.within(wait);
    else this.#alarm.within(this.#scaling.act(autoscaler, workload, decision));
  }

  #noteUnreported(autoscaler: Autoscaler, workload: WorkloadState & { state: "present" }, now: Instant): void {
    const found = this.#unreported.find(workload);
    if (found === undefined || autoscaler.mode === "DryRun" || this.#ports.dryRun) return;
    this.#memory = withUnreportedScaling(this.#memory, autoscaler, found, now);
    this.#ports.log.info("Found a scaling that was not reported; it counts as made now", { id: this.id, ...found });
  }

  /** What the status has of the workload. */
  get #reportedReplicas(): number | undefined {
    return "memory" in this.#parsed ? this.#parsed.reportedReplicas : undefined;
  }

  #takesSteps(autoscaler: Autoscaler): boolean {
    const states = this.#attention.states(this.#ports.now());
    return takesSteps(autoscaler, ({ name }) => states[name]);
  }

  #writeEnded(end: EndedWrite): void {
    this.#unreported.ended(end);
    if (end.change !== undefined) {
      const { from, to } = end.change;
      const autoscaler = this.autoscaler;
      if (autoscaler !== undefined) this.#memory = withScaling(this.#memory, autoscaler, to - from, end.at);
      this.#attention.hurry();
    }
    this.#wanted();
  }

  #say(standing: Standing): void {
    const origin = originOf(this.#parsed);
    const patience = this.#announcer.say(origin, standing, {
      at: this.#ports.now(),
      generation: origin.generation,
      memory: this.#memory,
      decidedAt: this.#decidedAt,
      waiting: this.#attention.waiting(),
    });
    if (patience !== undefined) this.#alarm.within(patience);
  }
}
