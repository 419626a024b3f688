import {
  type Autoscaler,
  type Decision,
  type Instant,
  type Mutable,
  type Pace,
  type Situation,
  type WorkersSeen,
  withoutAgeing,
} from "../core/index.ts";
import { Engine } from "../engine/engine.ts";
import type { Effect, EngineEvent } from "../engine/events.ts";
import type { Now } from "../engine/poller-terms.ts";
import type { SharedPoller } from "../engine/shared-polls.ts";
import { decideOnSchedule } from "../formats/schedule.ts";
import { serverOf } from "../sources/shared/share.ts";
import { namedWorkers, type Plant } from "./plant/plant.ts";
import { PlantJobs } from "./plant-jobs.ts";
import { PlantSnapshots } from "./plant-snapshots.ts";
import { Random } from "./random.ts";
import type { Looks, Rehearsal } from "./rehearsal.ts";
import { isSameQuestion, isUnconfirmed } from "./same-decision.ts";
import { SimulatedSource, traitsOf, usualQuantity } from "./simulated-source.ts";

/** Rules that answer each other within one moment would go on forever. */
const MOST_PASSES_AT_ONCE = 9;

const SETTLE = { type: "settle" } as const;
const RECONSIDER = { type: "reconsider" } as const;
const PASS = { type: "pass", mayWrite: true, gapEndedAt: Number.NEGATIVE_INFINITY } as const;

/** One decision, and when it was made. Times in milliseconds from the start. */
export interface Decided {
  readonly at: number;
  readonly from: number;
  readonly decision: Decision;
  /** Whether it was carried out; a step down waits for a poll that has seen the last one. */
  readonly acted: boolean;
}

export interface VirtualDriverTerms {
  readonly autoscaler: Autoscaler;
  readonly looks: Pick<Looks, "pace" | "intervalSeconds">;
  /** One for each signal, in their order. */
  readonly sources: readonly SimulatedSource[];
  readonly plant: Plant;
  /** As pods would show it. Absent: they do not. */
  readonly startUpSeconds?: number;
  readonly start: Instant;
  readonly seed: number;
  /** How far back a source reads, in seconds. */
  readonly memorySeconds: number;
  readonly decided: (decided: Decided) => void;
}

/** One signal's source, and when there is something to do for its poller next. */
interface Polled {
  readonly source: SimulatedSource;
  poller?: SharedPoller;
  dueAt: number;
}

/**
 * Drives the engine by a virtual clock, simulated sources and a simulated workload, on which polls and writes take no
 * time. Everything else is as live: when to poll and to wait, what to trust, when to decide and to scale.
 */
export class VirtualDriver {
  /** Decisions that were made; where only the same can be decided again none is. */
  decisions = 0;
  readonly polls = { total: 0, failed: 0 };
  /** When there is something to do next. */
  nextAt = 0;
  /** Whether the first message wakes it. */
  isWaiting = false;
  readonly #terms: VirtualDriverTerms;
  readonly #past: PlantSnapshots;
  readonly #engine: Engine;
  readonly #autoscaler: Autoscaler;
  readonly #polled: readonly Polled[];
  readonly #now: Mutable<Now>;
  #alarmAt = Number.POSITIVE_INFINITY;
  #shown: number | undefined;
  readonly #jobs: PlantJobs | undefined;
  #last: { readonly situation: Situation; readonly decision: Decision } | undefined;

  constructor(terms: VirtualDriverTerms) {
    this.#terms = terms;
    this.#now = { monotonic: 0, wall: terms.start, ahead: terms.start };
    this.#jobs = terms.autoscaler.jobs && new PlantJobs(terms.plant, terms.start);
    this.#past = new PlantSnapshots(terms.memorySeconds * 1000);
    this.#polled = terms.sources.map((source) => ({ source, dueAt: 0 }));
    // Two signals that ask the same live share one poll; here they may see different things.
    const signals = terms.autoscaler.signals.map((signal, index) => ({
      ...signal,
      source: { type: signal.source.type, settings: { index } },
    }));
    const { intervalSeconds = terms.autoscaler.pollIntervalSeconds } = terms.looks;
    const interval = intervalSeconds === undefined ? {} : { pollIntervalSeconds: intervalSeconds };
    this.#autoscaler = { ...terms.autoscaler, ...interval, signals };
    const random = new Random(terms.seed, "looks");
    this.#engine = new Engine({
      sourceFacts: ({ settings }) => this.#sourceFacts(Number(settings.index)),
      decide: (situation) => this.#decide(situation),
      random: () => random.next(),
    });
    this.#step({ type: "kept", parsed: { autoscaler: this.#autoscaler, memory: {}, problems: [] } });
    this.#step({ type: "duty", duty: "observe" });
    this.#step({ type: "duty", duty: "act" });
  }

  /** What a source can report of this moment later. */
  remember(): void {
    this.#past.add(this.#terms.plant);
  }

  /** A message came to a queue that is being waited on. */
  wake(): void {
    for (const { poller } of this.#polled) {
      if (poller?.isWaiting) this.#step({ type: "wait ended", poller, end: "maybe-work" });
    }
    this.#settle(false);
    this.act();
  }

  /** Does what is due now. */
  act(): void {
    const { plant } = this.#terms;
    let isAnyDue = false;
    for (const { dueAt, poller } of this.#polled) {
      if (dueAt > plant.now) continue;
      if (!isAnyDue) this.remember();
      isAnyDue = true;
      if (poller?.isWaiting) this.#step({ type: "wait ended", poller, end: "maybe-work" });
      else if (poller !== undefined) this.#step({ type: "poll due", poller });
      this.#settle(true);
      // A workload without replicas may wait from now on; what else there is to do is done after the passes.
      if (this.#shown === 0) this.#settle(false);
    }
    if (this.#alarmAt <= plant.now) {
      this.#alarmAt = Number.POSITIVE_INFINITY;
      this.#step({ type: "alarm", id: this.#autoscaler.id });
    }
    this.#showWorkload();
    if (this.#engine.next === undefined) this.#step(RECONSIDER);
    for (let passes = 0; passes < MOST_PASSES_AT_ONCE && this.#engine.next !== undefined; passes += 1) this.#pass();
    this.#showWorkload();
    this.#settle(false);
    this.#plan();
  }

  #pass(): void {
    const { plant } = this.#terms;
    let decided: (Effect & { type: "decided" }) | undefined;
    let write: (Effect & { type: "write" }) | undefined;
    let survey: (Effect & { type: "survey" }) | undefined;
    for (const effect of this.#step(PASS)) {
      if (effect.type === "decided") decided = effect;
      else if (effect.type === "write") write = effect;
      else if (effect.type === "survey") survey = effect;
    }
    if (decided !== undefined) {
      const { situation, decision } = decided;
      const acted = write !== undefined;
      this.#terms.decided({ at: plant.now, from: situation.currentReplicas, decision, acted });
    }
    if (survey !== undefined) {
      this.#step({ type: "surveyed", id: survey.id, survey: survey.survey, workers: this.#seeWorkers() });
    }
    if (write === undefined) return;
    plant.scale(write.write.change.to);
    if (this.#jobs !== undefined) {
      this.#jobs.noteCreated();
      this.#showWorkload();
    }
    this.#step({ type: "write ended", id: write.id, write: write.write.number, outcome: "ok" });
  }

  #step(event: EngineEvent): readonly Effect[] {
    const { plant, start } = this.#terms;
    this.#now.monotonic = plant.now;
    this.#now.wall = start + plant.now;
    const effects = this.#engine.step(event, this.#now);
    for (const effect of effects) {
      if (effect.type === "wake") this.#alarmAt = effect.at;
      else if (effect.type === "crashed") throw effect.error;
    }
    return effects;
  }

  /** Who is busy in the plant, which stops idle workers first where busyWorkers are protected. */
  #seeWorkers(): WorkersSeen {
    const { plant, start, startUpSeconds } = this.#terms;
    return {
      at: start + plant.now,
      pods: plant.replicas,
      ...(startUpSeconds !== undefined &&
        plant.ready > 0 && { startUp: { seconds: startUpSeconds, pods: Math.floor(plant.ready) } }),
      ...namedWorkers(plant.replicas - plant.busy, plant.busy),
      according: "the rehearsal",
    };
  }

  #showWorkload(): void {
    const { replicas } = this.#terms.plant;
    const jobs = this.#jobs?.seen();
    if (replicas === this.#shown && jobs === undefined) return;
    this.#shown = replicas;
    const present = { state: "present", uid: "", resourceVersion: "", replicas, rivals: [] } as const;
    const state = jobs === undefined ? present : { ...present, jobs };
    this.#step({ type: "workload", id: this.#autoscaler.id, state });
  }

  /** Lets the pollers go on. `mayPoll` false: what they want to poll is polled in the next turn. */
  #settle(mayPoll: boolean): void {
    if (!this.#engine.isUnsettled) return;
    for (const effect of this.#step(SETTLE)) {
      if (effect.type !== "poll") continue;
      const { poller, activity } = effect;
      const polled = this.#polled[poller.reference.settings.index as number] as Polled;
      polled.poller = poller;
      if (activity === "waiting") polled.dueAt = Math.min(poller.wakeAt, polled.source.lastPollAt(poller.endedAt));
      else if (activity === "resting") polled.dueAt = poller.wakeAt;
      else if (mayPoll) this.#poll(polled, poller);
      else polled.dueAt = this.#terms.plant.now;
    }
  }

  #poll({ source }: Polled, poller: SharedPoller): void {
    const { now } = this.#terms.plant;
    const outcome = source.read(now, this.#past);
    this.polls.total += 1;
    if ("failure" in outcome) this.polls.failed += 1;
    const { canWait } = source;
    const answer = { poll: poller.poll, outcome, beganAt: now, spentMilliseconds: 0, canWait };
    this.#step({ type: "answered", poller, answer });
  }

  #plan(): void {
    const { now } = this.#terms.plant;
    this.nextAt = this.#alarmAt;
    this.isWaiting = false;
    for (const { dueAt, poller } of this.#polled) {
      if (dueAt < this.nextAt) this.nextAt = dueAt;
      if (poller?.isWaiting) this.isWaiting = true;
    }
    // A poll that is hurried may have been due a moment ago.
    if (this.nextAt < now) this.nextAt = now;
  }

  #sourceFacts(index: number): { readonly pace: Pace; readonly server: string | undefined } {
    const { autoscaler, looks } = this.#terms;
    const { type, settings } = autoscaler.signals[index]?.source ?? { type: "", settings: {} };
    return { pace: looks.pace(type), server: serverOf(type, settings) };
  }

  /** What core says of its decisions: the same is decided until a reading differs, or the time it names has come. */
  #decide(situation: Situation): Decision {
    const last = this.#last;
    if (last !== undefined && situation.jobs === undefined && isSameQuestion(last.situation, situation, last.decision))
      return last.decision;
    const decision = decideOnSchedule(this.#asWritten(situation));
    this.decisions += 1;
    const isKept = decision.memory === situation.memory && !isUnconfirmed(decision);
    this.#last = isKept ? { situation, decision } : undefined;
    return decision;
  }

  /** A rule may go by the interval that the manifest states: one of the rehearsal's own only moves the polls. */
  #asWritten(situation: Situation): Situation {
    const { autoscaler, looks } = this.#terms;
    if (looks.intervalSeconds === undefined) return situation;
    const waiting = situation.autoscaler === this.#autoscaler ? undefined : this.#engine.loop(autoscaler.id)?.waiting;
    return { ...situation, autoscaler: waiting === undefined ? autoscaler : withoutAgeing(autoscaler, waiting) };
  }
}

/** A source for each signal of the policy, in their order. */
export function simulatedSources({ autoscaler, looks, traffic }: Rehearsal): readonly SimulatedSource[] {
  const { lagSeconds, hiddenLagSeconds, sees } = looks;
  const outages = looks.outages.map(({ fromSeconds, toSeconds }) => ({
    from: fromSeconds * 1000,
    to: toSeconds * 1000,
  }));
  return autoscaler.signals.map((signal) => {
    const traits = traitsOf(signal, autoscaler.secondsPerMessage);
    return new SimulatedSource({
      quantity: sees[signal.name] ?? usualQuantity(signal.rule, traits),
      ...{ traits, fixed: looks.fixed(signal), scripted: looks.scripted?.(signal) },
      ...{ lagSeconds, hiddenLagSeconds, outages, start: traffic.start },
    });
  });
}
