import { Alike, decide as coreDecide, type Origin, type Parsed } from "../core/index.ts";
import { ALWAYS, type FeedSink, type Reporter, type Workloads, type WritePermit } from "../kubernetes/ports.ts";
import { settleWithin } from "../shared/async.ts";
import type { SourceTools, SourceType } from "../sources/shared/source.ts";
import { Claims } from "./claims.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type Held, heldBy } from "./held.ts";
import { idOf, originOf } from "./identity.ts";
import type { Log } from "./log.ts";
import { Observations } from "./observations.ts";
import { ReconcileQueue } from "./reconcile-queue.ts";
import { Reconciler } from "./reconciler.ts";
import type { ReconcilerPorts } from "./reconciler-ports.ts";
import { recordedDecide } from "./recorded-decide.ts";
import { NO_RECORDER, type Recorder } from "./recorder.ts";
import type { Telemetry } from "./telemetry.ts";
import { WallTime } from "./wall-time.ts";

export interface ControllerOptions {
  readonly sourceType: (type: string) => SourceType | undefined;
  /** What sources are handed; `mayTouch` false keeps every one of them from touching its queue. */
  readonly tools: SourceTools;
  readonly workloads: Workloads;
  /** Whether what is known of an autoscaler is current: asked before each scaling. Default: it is. */
  readonly confirm?: (origin: Origin, signal: AbortSignal) => Promise<boolean>;
  readonly reporter: Reporter;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Decide and report, never scale. */
  readonly dryRun?: boolean;
  /** Looks under way at once for each type of source. Default: 256. */
  readonly looksInFlight?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly decide?: typeof coreDecide;
  /** Hears of every decision. Default: nobody does. */
  readonly recorder?: Recorder;
  /** Asked before each write. Default: always. */
  readonly permit?: WritePermit;
  /** Monotonic milliseconds of the end of the last time that the process did not run. Default: there was none. */
  readonly gapEndedAt?: () => number;
}

/** Writes that are under way when the process is asked to stop get so long, and so do the last reports. */
const FAREWELL_MILLISECONDS = 5_000;
/** What the reports get of an API server that did not answer the writes. */
const LAST_TRY_MILLISECONDS = 1_000;

/**
 * Watches over all autoscalers that its feeds hand it, and scales their workloads while it leads.
 *
 *     const controller = new Controller({ sourceType, tools, workloads, reporter, log, telemetry });
 *     const { synced } = feed.start(controller, stopping);   // it is a FeedSink
 *     await leadership.run((leading) => controller.run(leading, stopping, synced), stopping);
 *
 * `run` may be called again when the process is elected again. `held()` and `find(id)` are what /status prints.
 */
export class Controller implements FeedSink {
  readonly #options: ControllerOptions;
  readonly #clock: Clock;
  readonly #time: WallTime;
  readonly #observations: Observations;
  readonly #claims: Claims;
  readonly #queue: ReconcileQueue<Reconciler>;
  readonly #ports: ReconcilerPorts;
  readonly #wanted = (reconciler: Reconciler) => this.#queue.add(reconciler);
  readonly #reconcilers = new Map<string, Reconciler>();
  readonly #writes = new Set<Promise<void>>();
  #duty: "rest" | "look" | "act" = "rest";
  #mayWrite = true;
  readonly #permit: WritePermit;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#permit = options.permit ?? ALWAYS;
    this.#permit.onGranted(() => this.#reconsider([...this.#reconcilers.keys()]));
    this.#clock = options.clock ?? systemClock;
    this.#time = new WallTime(this.#clock, (milliseconds) => this.#timeStepped(milliseconds));
    this.#queue = new ReconcileQueue((reconciler) => this.#reconcile(reconciler));
    this.#claims = new Claims((ids) => this.#reconsider(ids));
    const { sourceType, tools, log, telemetry } = options;
    this.#observations = new Observations({
      sourceType,
      tools,
      log,
      telemetry,
      clock: this.#clock,
      now: () => this.#time.now(),
      random: options.random ?? Math.random,
      looksInFlight: options.looksInFlight ?? 256,
    });
    this.#ports = this.#portsOf();
  }

  keep(parsed: Parsed): void {
    this.#guarded(idOf(parsed), () => {
      const known = this.#reconcilers.get(idOf(parsed));
      if (known !== undefined && isSameObject(known.parsed, parsed)) return known.update(parsed);
      if (known !== undefined) this.forget(known.id);
      const reconciler = new Reconciler(parsed, this.#ports, this.#wanted);
      this.#reconcilers.set(reconciler.id, reconciler);
      if (this.#duty === "look") reconciler.look();
      if (this.#duty === "act") reconciler.lead();
    });
  }

  forget(id: string): void {
    this.#guarded(id, () => {
      const reconciler = this.#reconcilers.get(id);
      if (reconciler === undefined) return;
      this.#reconcilers.delete(id);
      reconciler.end();
      this.#queue.delete(reconciler);
      this.#options.reporter.forget(originOf(reconciler.parsed));
      this.#ports.recorder.forgotten(id);
    });
  }

  /**
   * Looks, decides and acts until `leading` aborts. Where `stopping` has aborted by then the process is ending of its
   * own will: a write under way may finish and reports are flushed. Otherwise the lease is lost: everything ends at once.
   * Until `complete` it only looks: not before all objects are known does anybody know who goes before whom.
   */
  async run(leading: AbortSignal, stopping?: AbortSignal, complete: Promise<void> = Promise.resolve()): Promise<void> {
    if (leading.aborted) return;
    const ended = new Promise<void>((resolve) => leading.addEventListener("abort", () => resolve(), { once: true }));
    this.#duty = "look";
    for (const reconciler of this.#reconcilers.values()) reconciler.look();
    await Promise.race([complete, ended]);
    if (!leading.aborted) this.#act();
    await ended;
    this.#mayWrite = false;
    if (stopping?.aborted === true) await this.#takeLeave();
    else this.#options.reporter.discard();
    this.#duty = "rest";
    for (const reconciler of this.#reconcilers.values()) reconciler.rest();
    await settleWithin(FAREWELL_MILLISECONDS, [this.#observations.end(), ...this.#writes], this.#clock);
    this.#options.log.info("No longer acting");
  }

  get isLeading(): boolean {
    return this.#duty === "act";
  }

  /** How much is under way, for metrics and for tests that look for leaks. */
  get load(): {
    readonly reconcilers: number;
    readonly observations: number;
    readonly claims: number;
    readonly queued: number;
  } {
    return {
      reconcilers: this.#reconcilers.size,
      observations: this.#observations.size,
      claims: this.#claims.size,
      queued: this.#queue.size,
    };
  }

  *held(): Generator<Held> {
    for (const reconciler of this.#reconcilers.values()) yield heldBy(reconciler);
  }

  find(id: string): Held | undefined {
    const reconciler = this.#reconcilers.get(id);
    return reconciler === undefined ? undefined : heldBy(reconciler);
  }

  #act(): void {
    this.#duty = "act";
    this.#mayWrite = true;
    this.#options.log.info("Acting", { autoscalers: this.#reconcilers.size });
    for (const reconciler of this.#reconcilers.values()) reconciler.lead();
  }

  #portsOf(): ReconcilerPorts {
    const {
      workloads,
      reporter,
      log,
      telemetry,
      dryRun = false,
      confirm = async () => true,
      decide = coreDecide,
      random = Math.random,
      recorder = NO_RECORDER,
      gapEndedAt = () => Number.NEGATIVE_INFINITY,
    } = this.#options;
    return {
      ...{ workloads, confirm, reporter, log, telemetry, dryRun, random, recorder },
      decide: recordedDecide(decide, recorder),
      ask: decide,
      clock: this.#clock,
      now: () => this.#time.now(),
      conditions: new Alike(),
      observations: this.#observations,
      claims: this.#claims,
      mayWrite: () => this.#mayWrite && this.#permit.leftMs() > 0,
      gapEndedAt,
      writing: (write: Promise<void>) => this.#noteWrite(write),
    };
  }

  #noteWrite(write: Promise<void>): void {
    const noted = write
      .catch((error: unknown) => this.#complain("a scale write", error))
      .finally(() => this.#writes.delete(noted));
    this.#writes.add(noted);
  }

  async #takeLeave(): Promise<void> {
    const { reporter } = this.#options;
    const isAnswered = await settleWithin(FAREWELL_MILLISECONDS, [...this.#writes], this.#clock);
    const late = new AbortController();
    const patience = isAnswered ? FAREWELL_MILLISECONDS : LAST_TRY_MILLISECONDS;
    await settleWithin(patience, [reporter.flush(late.signal)], this.#clock);
    late.abort();
  }

  #reconcile(reconciler: Reconciler): void {
    try {
      reconciler.reconcile();
    } catch (error) {
      this.#guarded(reconciler.id, () => reconciler.crashed(error));
    }
  }

  #reconsider(ids: readonly string[]): void {
    for (const id of ids) {
      const reconciler = this.#reconcilers.get(id);
      if (reconciler !== undefined) this.#queue.add(reconciler);
    }
  }

  #timeStepped(milliseconds: number): void {
    this.#options.log.warn("The system clock was stepped", { seconds: Math.round(milliseconds / 1000) });
    for (const reconciler of this.#reconcilers.values()) reconciler.timeStepped(milliseconds);
    this.#observations.timeStepped(milliseconds);
  }

  #guarded(id: string, change: () => void): void {
    try {
      change();
    } catch (error) {
      this.#complain(id, error);
    }
  }

  #complain(id: string, error: unknown): void {
    this.#options.telemetry.failed("Controller/Exception");
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.log.error("Something failed in a way it should not", { id, detail });
  }
}

/** An object that was deleted and made again under its name is another object. */
function isSameObject(one: Parsed, other: Parsed): boolean {
  return originOf(one).uid === originOf(other).uid;
}
