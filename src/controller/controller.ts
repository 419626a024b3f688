import { isDeepStrictEqual } from "node:util";
import { decide as coreDecide, InternPool, idOf, type Parsed, type Step, type WorkersSeen } from "../core/index.ts";
import type { AutoscalerLoop } from "../engine/autoscaler-loop.ts";
import { Engine } from "../engine/engine.ts";
import type { Effect, EngineEvent } from "../engine/events.ts";
import type { Now } from "../engine/poller-terms.ts";
import { ALWAYS, type FeedSink, type WritePermit } from "../kubernetes/ports.ts";
import { settleWithin, type Timer } from "../shared/async.ts";
import { type AutoscalerView, viewOf } from "./autoscaler-view.ts";
import { type Clock, systemClock, WallTime } from "./clock.ts";
import type { ControllerOptions } from "./controller-options.ts";
import { PolledSources } from "./polled-sources.ts";
import { NO_RECORDER, type Recorder } from "./telemetry.ts";
import { ScaleWriter } from "./write-scale.ts";

/** What is live of one autoscaler. */
interface Live {
  follower?: { stop(): void };
  alarm?: Timer;
  lastSeconds: number;
}

/** How each effect of the engine is carried out. */
type Doers = { readonly [Type in Effect["type"]]: (effect: Extract<Effect, { type: Type }>) => void };

/** Passes in a row before other work gets the event loop: about 10 ms of decisions. */
const PASSES_A_TURN = 200;
/** Time for writes under way at a stop, and for the last reports. */
const FAREWELL_MILLISECONDS = 5_000;
/** What the reports get of an API server that did not answer the writes. */
const LAST_TRY_MILLISECONDS = 1_000;

/**
 * Drives the engine by the real clock, sources and cluster: takes all autoscalers that its feeds hand it, and scales
 * their workloads while it leads.
 *
 *     const controller = new Controller({ sourceType, tools, workloads, reporter, log, telemetry });
 *     const { synced } = feed.start(controller, stopping);   // it is a FeedSink
 *     await leadership.run((leading) => controller.run(leading, stopping, synced), stopping);
 *
 * `run` may be called again when the process is elected again. `views()` and `find(id)` are what /status prints.
 */
export class Controller implements FeedSink {
  readonly #options: ControllerOptions;
  readonly #clock: Clock;
  readonly #time: WallTime;
  readonly #permit: WritePermit;
  readonly #recorder: Recorder;
  readonly #gapEndedAt: () => number;
  readonly #sources: PolledSources;
  readonly #engine: Engine;
  readonly #do: Doers = {
    poll: ({ poller, activity }) => this.#sources.carryOut(poller, activity),
    follow: (effect) => this.#follow(effect),
    write: ({ id, write }) => this.#begin(id, this.#writer.write(id, write, this.#workersEnd.signal)),
    "call off": ({ id }) => this.#writer.callOff(id),
    survey: (effect) => this.#begin(effect.id, this.#survey(effect)),
    tidy: ({ id, autoscaler }) => this.#begin(id, this.#options.workers?.tidy(autoscaler, this.#workersEnd.signal)),
    wake: (effect) => this.#wake(effect),
    decided: ({ situation, decision }) => {
      this.#recorder.decided(situation, decision);
      this.#options.telemetry.decided(decision.direction, decision.steps.at(-1)?.rule ?? "none");
    },
    scaled: ({ id, at, change }) => this.#recorder.scaled(id, at, change.from, change.to),
    "scale failed": ({ id, to, kind, because }) => {
      this.#options.telemetry.failed(`Scale/${kind}`);
      this.#recorder.failed(id, to, because);
    },
    report: ({ origin, account }) => this.#options.reporter.report(origin, account),
    incident: ({ origin, incident, workload }) => this.#options.reporter.tell(origin, incident, workload),
    log: ({ level, message, fields }) => this.#options.log[level](message, fields),
    crashed: () => this.#options.telemetry.failed("Reconcile/Exception"),
    forgotten: ({ id, origin }) => {
      this.#live.delete(id);
      this.#writer.forget(id);
      this.#options.workers?.forget(id);
      this.#options.reporter.forget(origin);
      this.#recorder.forgotten(id);
    },
  };
  readonly #live = new Map<string, Live>();
  readonly #writer: ScaleWriter;
  /** Writes, surveys and what is removed from pods. */
  readonly #underWay = new Set<Promise<void>>();
  /** What the engine wants done and is not done yet. */
  #effects: Effect[] = [];
  #isCarryingOut = false;
  /** Ends what is being asked of workers. */
  #workersEnd = new AbortController();
  #isTurnPlanned = false;
  #isStopping = false;

  constructor(options: ControllerOptions) {
    this.#options = options;
    const { sourceType, tools, log, telemetry, decide = coreDecide, dryRun = false, random = Math.random } = options;
    this.#clock = options.clock ?? systemClock;
    this.#time = new WallTime(this.#clock, (milliseconds) => this.#clockStepped(milliseconds));
    this.#recorder = options.recorder ?? NO_RECORDER;
    this.#gapEndedAt = options.gapEndedAt ?? (() => Number.NEGATIVE_INFINITY);
    this.#permit = options.permit ?? ALWAYS;
    this.#permit.onGranted(() => this.#step({ type: "reconsider" }));
    this.#sources = new PolledSources({
      ...{ sourceType, tools, log, telemetry, clock: this.#clock },
      pollsInFlight: options.pollsInFlight ?? 256,
      report: (event) => this.#step(event),
    });
    this.#writer = new ScaleWriter({
      ...{ confirm: async () => true, ...options, clock: this.#clock, gapEndedAt: this.#gapEndedAt },
      ended: (id, write, outcome) => this.#step({ type: "write ended", id, write, outcome }),
    });
    const steps = new InternPool<readonly Step[]>();
    this.#engine = new Engine({
      ...{ dryRun, random, sourceFacts: (reference) => this.#sources.facts(reference) },
      // Thousands of idle objects have the same steps: they are kept once.
      decide(situation) {
        const decision = decide(situation);
        return { ...decision, steps: steps.of(decision.steps) };
      },
      reports: { decide, conditions: new InternPool() },
    });
  }

  keep(parsed: Parsed): void {
    this.#guard(idOf(parsed), () => {
      const known = this.#engine.loop(idOf(parsed))?.parsed;
      // After most changes (our own of its status) it is the same: then the old one stays, and the new one is gone at once.
      this.#step({ type: "kept", parsed: known !== undefined && isDeepStrictEqual(known, parsed) ? known : parsed });
    });
  }

  forget(id: string): void {
    this.#guard(id, () => this.#step({ type: "forgotten", id }));
  }

  /**
   * Polls, decides and acts until `leading` aborts. Where `stopping` has aborted by then the process is ending of its
   * own will: a write under way may finish and reports are flushed. Otherwise the lease is lost: everything ends at once.
   * Until `complete` it only polls: which autoscaler has priority is not known before all objects are.
   */
  async run(leading: AbortSignal, stopping?: AbortSignal, complete: Promise<void> = Promise.resolve()): Promise<void> {
    if (leading.aborted) return;
    const { reporter, log, workers, dryRun } = this.#options;
    const ended = new Promise<void>((resolve) => leading.addEventListener("abort", () => resolve(), { once: true }));
    this.#step({ type: "duty", duty: "observe" });
    await Promise.race([complete, ended]);
    if (!leading.aborted) {
      this.#isStopping = false;
      this.#workersEnd = new AbortController();
      log.info("Acting", { autoscalers: this.load.reconcilers });
      this.#step({ type: "duty", duty: "act" });
      const autoscalers = () => this.#engine.autoscalers();
      if (dryRun !== true) this.#begin("pods", workers?.tidyAbandoned(autoscalers, this.#workersEnd.signal));
    }
    await ended;
    this.#isStopping = true;
    this.#workersEnd.abort();
    if (stopping?.aborted === true) await this.#finish();
    else reporter.discard();
    this.#step({ type: "duty", duty: "rest" });
    this.#step({ type: "settle" });
    await settleWithin(FAREWELL_MILLISECONDS, [this.#sources.closed(), ...this.#underWay], this.#clock);
    log.info("No longer acting");
  }

  get isLeading(): boolean {
    return this.#engine.duty === "act";
  }

  /** How much is under way, for metrics and for tests that look for leaks. */
  get load(): Engine["load"] {
    return this.#engine.load;
  }

  *views(): Generator<AutoscalerView> {
    for (const loop of this.#engine.loops()) yield this.#view(loop);
  }

  find(id: string): AutoscalerView | undefined {
    const loop = this.#engine.loop(id);
    return loop === undefined ? undefined : this.#view(loop);
  }

  #view(loop: AutoscalerLoop): AutoscalerView {
    return viewOf(loop, this.#live.get(loop.id)?.lastSeconds ?? 0, this.#options.workers?.seen(loop.id));
  }

  #now(): Now {
    const wall = this.#time.now();
    const monotonic = this.#clock.monotonic();
    return { monotonic, wall, ahead: wall - monotonic };
  }

  #clockStepped(milliseconds: number): void {
    this.#options.log.warn("The system clock was stepped", { seconds: Math.round(milliseconds / 1000) });
    this.#step({ type: "clock stepped", milliseconds });
  }

  /** Reports an event to the engine, and does what it wants done. What that leads to at once is done after the rest. */
  #step(event: EngineEvent): void {
    // Reading the clock may find that it was stepped, which is an event of its own.
    const now = this.#now();
    for (const effect of this.#engine.step(event, now)) this.#effects.push(effect);
    if (this.#isCarryingOut) return;
    this.#isCarryingOut = true;
    for (const effect of this.#effects) {
      this.#guard(effect.type, () => (this.#do[effect.type] as (effect: Effect) => void)(effect));
    }
    this.#effects = [];
    this.#isCarryingOut = false;
    this.#planTurn();
  }

  #planTurn(): void {
    if (this.#isTurnPlanned || (this.#engine.next === undefined && !this.#engine.isUnsettled)) return;
    this.#isTurnPlanned = true;
    queueMicrotask(() => this.#turn());
  }

  /** As soon as the present code has ended: pollers go on, and autoscalers that something happened to decide. */
  #turn(): void {
    this.#step({ type: "settle" });
    for (let left = PASSES_A_TURN; left > 0 && this.#engine.next !== undefined; left -= 1)
      this.#pass(this.#engine.next);
    this.#step({ type: "settle" });
    if (this.#engine.next !== undefined) setImmediate(() => this.#turn());
    else {
      this.#isTurnPlanned = false;
      this.#planTurn();
    }
  }

  #pass(loop: AutoscalerLoop): void {
    const started = this.#clock.monotonic();
    const before = loop.passes;
    const mayWrite = !this.#isStopping && this.#permit.leftMs() > 0;
    this.#step({ type: "pass", mayWrite, gapEndedAt: this.#gapEndedAt() });
    if (loop.passes > before) this.#liveOf(loop.id).lastSeconds = (this.#clock.monotonic() - started) / 1000;
  }

  #liveOf(id: string): Live {
    const live = this.#live.get(id) ?? { lastSeconds: 0 };
    this.#live.set(id, live);
    return live;
  }

  #follow({ id, target }: Effect & { type: "follow" }): void {
    const live = this.#liveOf(id);
    live.follower?.stop();
    delete live.follower;
    if (target === undefined) return;
    live.follower = this.#options.workloads.follow(target, (state) => this.#step({ type: "workload", id, state }));
  }

  #wake({ id, at }: Effect & { type: "wake" }): void {
    const live = this.#liveOf(id);
    live.alarm?.cancel();
    delete live.alarm;
    if (!Number.isFinite(at)) return;
    live.alarm = this.#clock.after(at - this.#clock.monotonic(), () => this.#step({ type: "alarm", id }));
  }

  async #survey({ id, survey, autoscaler }: Effect & { type: "survey" }): Promise<void> {
    const blind: WorkersSeen = { at: this.#time.now(), unknown: "this process cannot see pods" };
    const workers = (await this.#options.workers?.survey(autoscaler, this.#workersEnd.signal)) ?? blind;
    this.#step({ type: "surveyed", id, survey, workers });
  }

  /** Something that is awaited when the process stops. */
  #begin(id: string, work: Promise<void> = Promise.resolve()): void {
    const noted = work.catch((error: unknown) => this.#complain(id, error)).finally(() => this.#underWay.delete(noted));
    this.#underWay.add(noted);
  }

  async #finish(): Promise<void> {
    const { reporter, workers } = this.#options;
    const written = Promise.all(this.#underWay).then(() => workers?.tidied());
    const isAnswered = await settleWithin(FAREWELL_MILLISECONDS, [written], this.#clock);
    const late = new AbortController();
    const patience = isAnswered ? FAREWELL_MILLISECONDS : LAST_TRY_MILLISECONDS;
    await settleWithin(patience, [reporter.flush(late.signal)], this.#clock);
    late.abort();
  }

  #guard(id: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#complain(id, error);
    }
  }

  #complain(id: string, error: unknown): void {
    this.#options.telemetry.failed("Controller/Exception");
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.log.error("Unexpected error", { id, detail });
  }
}
