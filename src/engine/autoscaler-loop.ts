import {
  type Account,
  type Autoscaler,
  type Decision,
  type decide,
  type Instant,
  type Memory,
  originOf,
  type Parsed,
  type WorkersSeen,
  type WorkloadReference,
  type WorkloadState,
  withoutAgeing,
  withScaling,
} from "../core/index.ts";
import { Alarm } from "./alarm.ts";
import { type Claims, isSameTarget } from "./claims.ts";
import type { AutoscalerState } from "./conditions.ts";
import { Crashes } from "./crashes.ts";
import type { Effect, Pass } from "./events.ts";
import { laterOf, steppedBy, withoutRecommendations, withUnreportedScaling } from "./memory.ts";
import type { Now } from "./poller-terms.ts";
import { takesSteps, type WriteOutcome } from "./scaler.ts";
import type { SharedPolls } from "./shared-polls.ts";
import { SignalSubscriptions } from "./signal-subscriptions.ts";
import { type ReporterTerms, StatusReporter } from "./status-reporter.ts";
import { WorkerSurvey } from "./worker-survey.ts";
import { UNSEEN, WorkloadScaling } from "./workload-scaling.ts";

/** What the loops of one process share. */
export interface LoopTerms {
  readonly random: () => number;
  readonly decide: typeof decide;
  /** Decide and report, never scale. */
  readonly dryRun: boolean;
  readonly polls: SharedPolls;
  readonly claims: Claims;
  /** Undefined: nothing is reported. */
  readonly reports: ReporterTerms | undefined;
  /** Loops that have to decide, in the order of asking. */
  readonly wanted: AutoscalerLoop[];
  readonly emit: (effect: Effect) => void;
}

type Present = WorkloadState & { state: "present" };

/** Keeps one autoscaler's workload at the number its decision asks for, and says what it does and why. */
export class AutoscalerLoop {
  readonly id: string;
  readonly #terms: LoopTerms;
  readonly #signals: SignalSubscriptions;
  readonly #scaling: WorkloadScaling;
  readonly #reporter: StatusReporter | undefined;
  readonly #survey: WorkerSurvey;
  readonly #alarm: Alarm;
  #parsed: Parsed;
  #target: WorkloadReference | undefined;
  #claimed: Autoscaler | undefined;
  #memory: Memory = {};
  #isLeading = false;
  #isWanted = false;
  #decision: Decision | undefined;
  #decidedAt: Instant | undefined;
  #lastDesired: number | undefined;
  readonly #crashes = new Crashes();
  #passes = 0;

  constructor(id: string, parsed: Parsed, terms: LoopTerms, now: Now) {
    this.id = id;
    this.#parsed = parsed;
    this.#terms = terms;
    this.#scaling = new WorkloadScaling(id, terms.dryRun, terms.random, terms.emit);
    this.#survey = new WorkerSurvey(id, terms.emit);
    this.#signals = new SignalSubscriptions(terms.polls, id);
    this.#alarm = new Alarm(id, terms.emit);
    this.#reporter = terms.reports && new StatusReporter(id, terms.reports, terms.emit);
    this.objectChanged(parsed, now);
  }

  get parsed(): Parsed {
    return this.#parsed;
  }

  get autoscaler(): Autoscaler | undefined {
    return "autoscaler" in this.#parsed ? this.#parsed.autoscaler : undefined;
  }

  /** The newest account, whether or not it was worth reporting. */
  get account(): Account | undefined {
    return this.#reporter?.account;
  }

  /** Names of the signals whose source is being waited on: what was read of them last is true still. */
  get waiting(): ReadonlySet<string> {
    return this.#signals.waiting;
  }

  get passes(): number {
    return this.#passes;
  }

  want(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#terms.wanted.push(this);
  }

  objectChanged(parsed: Parsed, now: Now): void {
    this.#parsed = parsed;
    this.#crashes.endPause();
    const { autoscaler } = this;
    if (!isSameTarget(autoscaler?.target, this.#target)) this.#followTarget(autoscaler?.target);
    const claimant = autoscaler?.mode === "DryRun" ? undefined : autoscaler;
    this.#claimed = this.#terms.claims.replace(this.#claimed, claimant);
    if (autoscaler === undefined) this.#signals.stop(now);
    this.want();
  }

  workloadChanged(state: WorkloadState): void {
    this.#scaling.workload = state;
    this.#signals.isAsleep = this.#scaling.isAsleep;
    this.want();
  }

  /** A poll of one of its signals ended. `since`: monotonic milliseconds of the first sign of what it saw. */
  polled(since: number): void {
    this.#scaling.polled(since);
    this.want();
  }

  /** From now on this process polls. Returns for which autoscaler, if for one. */
  observe(now: Now): Autoscaler | undefined {
    const { autoscaler } = this;
    if (autoscaler === undefined || this.#terms.claims.standing(this.id).refusedFor !== undefined) {
      this.#signals.stop(now);
      return undefined;
    }
    const { isOther, isNews } = this.#signals.follow(autoscaler, this.#mayTouch(autoscaler), now);
    if (isOther) this.#memory = withoutRecommendations(this.#memory);
    if (isNews) this.polled(now.monotonic);
    return autoscaler;
  }

  /** From now on this process acts. */
  lead(now: Now): void {
    this.#isLeading = true;
    if ("memory" in this.#parsed) {
      this.#memory = laterOf(this.#memory, this.#parsed.memory, now.wall);
      this.#scaling.begin(this.#parsed.reportedReplicas);
    }
    this.#reporter?.begin(this.#memory, now.monotonic);
    this.want();
  }

  /** From now on another process acts: no poll, no write, no alarm. What is known of the cluster stays. */
  rest(now: Now): void {
    this.#isLeading = false;
    this.#signals.stop(now);
    this.#scaling.stop();
    this.#survey.forget();
    this.#alarm.clear();
    this.#alarm.ask();
    this.#reporter?.end();
    this.#decision = undefined;
  }

  /** The object is gone. */
  end(now: Now): void {
    this.rest(now);
    this.#followTarget(undefined);
    this.#claimed = this.#terms.claims.replace(this.#claimed, undefined);
    if (this.#isWanted) this.#terms.wanted.splice(this.#terms.wanted.indexOf(this), 1);
  }

  timeStepped(milliseconds: number): void {
    this.#memory = steppedBy(milliseconds, this.#memory);
    this.#signals.timeStepped(milliseconds);
  }

  alarmRang(): void {
    this.#alarm.rang();
    this.want();
  }

  /** One pass: see how things stand, decide, act, report. */
  pass(pass: Pass, now: Now): void {
    this.#isWanted = false;
    if (!this.#isLeading || this.#crashes.isPausing(now)) return;
    const last = this.#decision;
    this.#decision = undefined;
    const autoscaler = this.observe(now);
    if (autoscaler !== undefined) {
      const workload = this.#scaling.seen(now);
      const isDecided =
        last !== undefined && this.#scaling.isSpent && takesSteps(autoscaler, this.#signals.states(now.wall));
      if (workload.state === "present" && isDecided) this.#decision = last;
      else if (workload.state === "present") this.#decideAndAct(autoscaler, workload, last, pass, now);
    }
    this.#report(now);
    this.#crashes.reset();
    this.#passes += 1;
    this.#alarm.ask();
  }

  /** A pass threw: only this object waits for it. */
  crashed(error: unknown, now: Now): void {
    const pause = this.#crashes.note(this.id, error, this.#terms.random, this.#terms.emit, now);
    this.#alarm.wakeWithin(pause, now);
    this.#report(now, error instanceof Error ? error.message : String(error));
    this.#alarm.ask();
  }

  writeEnded(write: number, outcome: WriteOutcome, now: Now): void {
    const done = this.#scaling.ended(write, outcome, now);
    if (done === undefined) this.#survey.outdated();
    else {
      this.#survey.written();
      const { autoscaler } = this;
      if (autoscaler) this.#memory = withScaling(this.#memory, autoscaler, done.to - done.from, done.at);
      this.#reporter?.reportScaling(done, originOf(this.#parsed));
      this.#signals.hurry();
    }
    this.want();
  }

  /** A survey of its workers ended. */
  surveyed(survey: number, workers: WorkersSeen, now: Now): void {
    if (this.#survey.surveyed(survey, workers, now)) this.want();
  }

  #followTarget(target: WorkloadReference | undefined): void {
    this.#target = target;
    this.workloadChanged(UNSEEN);
    this.#scaling.stop();
    this.#survey.forget();
    this.#terms.emit({ type: "follow", id: this.id, target });
  }

  #decideAndAct(autoscaler: Autoscaler, workload: Present, last: Decision | undefined, pass: Pass, now: Now): void {
    const unreported = this.#scaling.findUnreported(autoscaler, workload);
    if (unreported) this.#memory = withUnreportedScaling(this.#memory, autoscaler, unreported, now.wall);
    const situation = {
      autoscaler: withoutAgeing(autoscaler, this.#signals.waiting),
      currentReplicas: workload.replicas,
      signals: this.#signals.statesToDecideOn(now.wall),
      memory: this.#memory,
      now: now.wall,
      jobs: workload.jobs,
    };
    if (autoscaler.busyWorkers !== undefined) this.#survey.addTo(situation, this.#mayTouch(autoscaler));
    const decision = this.#terms.decide(situation);
    this.#decision = decision;
    if (decision === last) return;
    this.#memory = decision.memory;
    this.#decidedAt = now.wall;
    this.#terms.emit({ type: "decided", situation, decision });
    if (decision.desiredReplicas !== (this.#lastDesired ?? workload.replicas)) this.#signals.hurry();
    this.#lastDesired = decision.desiredReplicas;
    this.#alarm.clear();
    if (decision.reconsiderAt !== undefined) this.#alarm.wakeBy(decision.reconsiderAt - now.ahead, now);
    if (autoscaler.busyWorkers !== undefined && !this.#scaling.isReleasing) {
      this.#alarm.wakeWithin(this.#survey.decided(autoscaler, decision, now), now);
    }
    const change = { from: workload.replicas, to: decision.desiredReplicas };
    const reported = "memory" in this.#parsed ? this.#parsed.reportedReplicas : undefined;
    const wait = this.#scaling.waitForStatus(reported, change, now);
    if (decision.direction === "down" && !this.#signals.isReadSince(pass.gapEndedAt)) this.#signals.pollNow(now);
    else if (wait > 0) this.#alarm.wakeWithin(wait, now);
    else this.#alarm.wakeWithin(this.#scaling.act(autoscaler, workload, decision, pass.mayWrite, now), now);
  }

  #mayTouch({ mode }: Autoscaler): boolean {
    return mode === "Active" && !this.#terms.dryRun;
  }

  #report(now: Now, internalError?: string): void {
    if (this.#reporter === undefined) return;
    const basis = {
      ...{ at: now.wall, origin: originOf(this.#parsed), memory: this.#memory },
      ...{ decidedAt: this.#decidedAt, waiting: this.#signals.waiting },
    };
    this.#alarm.wakeWithin(this.#reporter.report(this.#state(now, internalError), basis, now), now);
  }

  #state(now: Now, internalError: string | undefined): AutoscalerState {
    return {
      autoscaler: this.autoscaler,
      problems: this.#parsed.problems,
      workload: this.#scaling.seen(now),
      ...this.#terms.claims.standing(this.id),
      signals: this.#signals.states(now.wall),
      decision: this.#decision,
      workers: this.#survey.lastSeen,
      writeFailure: this.#scaling.failure,
      lastScaling: this.#scaling.last,
      internalError,
      dryRun: this.#terms.dryRun,
    };
  }
}
