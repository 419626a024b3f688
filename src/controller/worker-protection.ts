import type { Autoscaler, WorkersSeen } from "../core/index.ts";
import { counted } from "../core/wording.ts";
import type { ScaleWrite } from "../engine/events.ts";
import type { WriteOutcome } from "../engine/scaler.ts";
import { KubernetesError, type Reporter } from "../kubernetes/ports.ts";
import { runWithin, untilAborted } from "../shared/async.ts";
import type { Workers } from "./controller-options.ts";
import { findStoppedBusy } from "./count-stopped.ts";
import { LeftMarks } from "./left-marks.ts";
import type { Log } from "./log.ts";
import { type ReleaseTerms, releaseWorkers } from "./release-workers.ts";
import { type Survey, type SurveyTerms, surveyWorkers } from "./survey-workers.ts";
import type { Telemetry } from "./telemetry.ts";
import { tidyWorkers } from "./tidy-workers.ts";

export interface ProtectionTerms extends SurveyTerms {
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Hears of busy workers that were stopped. */
  readonly reporter?: Pick<Reporter, "tell">;
}

/** Besides what marking takes: 60 calls a second are shared by all workloads. */
const RELEASE_MILLISECONDS = 120_000;
const MARK_MILLISECONDS = 100;

/** Keeps busy workers from being stopped: asks who is busy, marks those that may go, and removes the marks again. */
export class WorkerProtection implements Workers {
  readonly #terms: ProtectionTerms;
  readonly #leftMarks: LeftMarks;
  /** The newest survey of each autoscaler. */
  readonly #surveys = new Map<string, Survey>();
  /** Marks being removed, by autoscaler: the next ones wait for that. */
  readonly #tidying = new Map<string, Promise<void>>();
  /** Who of those that were just stopped was busy. */
  readonly #counting = new Set<Promise<void>>();

  constructor(terms: ProtectionTerms) {
    this.#terms = terms;
    this.#leftMarks = new LeftMarks(terms);
  }

  /** What the newest survey saw. */
  seen(id: string): WorkersSeen | undefined {
    return this.#surveys.get(id)?.seen;
  }

  forget(id: string): void {
    this.#surveys.delete(id);
  }

  /** Finds out who is busy. Never rejects. */
  async survey(autoscaler: Autoscaler, signal: AbortSignal): Promise<WorkersSeen> {
    return (await this.#survey(autoscaler, signal)).seen;
  }

  async release(
    autoscaler: Autoscaler,
    change: ReleaseTerms["change"],
    write: (change: ScaleWrite["change"]) => Promise<WriteOutcome>,
    { calledOff, ending }: { readonly calledOff: AbortSignal; readonly ending: AbortSignal },
  ): Promise<WriteOutcome> {
    const { id } = autoscaler;
    const signal = AbortSignal.any([calledOff, ending]);
    const first = this.#surveys.get(id);
    if (first === undefined) return { kind: "WorkersBusy", message: "who is busy is not known any longer" };
    const limit = {
      milliseconds: RELEASE_MILLISECONDS + change.leaving.length * MARK_MILLISECONDS,
      ...{ signal, timers: this.#terms.clock },
      reason: (isExpired: boolean) =>
        new KubernetesError("TimedOut", isExpired ? "expected to have marked the pods by now" : "called off"),
    };
    let releasing: Promise<unknown> = Promise.resolve();
    let told: readonly string[] = [];
    try {
      const released = await runWithin(limit, (within) => {
        const release = this.#release(autoscaler, change, first, within);
        releasing = release;
        return release;
      });
      if ("kind" in released) return released;
      const { resourceVersion, leaving, because, last } = released;
      const to = change.to + change.leaving.length - leaving.length;
      told = leaving;
      const outcome = await write({ ...change, to, resourceVersion, leaving });
      if (outcome === "ok") this.#countStopped(autoscaler, leaving, last, ending);
      return outcome === "ok" && because !== undefined ? { kind: "Partial", to, because } : outcome;
    } catch (error) {
      if (signal.aborted) return "called-off";
      if (error instanceof KubernetesError) return error;
      // A write without an outcome would be waited for without an end.
      return { kind: "Unavailable", message: `preparing the scale-down failed unexpectedly: ${String(error)}` };
    } finally {
      // A call that is under way still may write a mark.
      const ended = releasing.then(
        () => true,
        () => true,
      );
      this.#tidyAfter(ended, told, autoscaler, ending);
    }
  }

  /** Removes what an earlier leader may have left on the workload's pods. Rejects on errors of ours alone. */
  tidy(autoscaler: Autoscaler, signal: AbortSignal): Promise<void> {
    return this.#tidyAfter(this.#leftMarks.mayHave(autoscaler, signal), [], autoscaler, signal);
  }

  tidyAbandoned(autoscalers: () => readonly Autoscaler[], signal: AbortSignal): Promise<void> {
    return this.#leftMarks.removeAbandoned(autoscalers, signal);
  }

  /** Resolves when no marks are being removed, and those that were stopped have been counted. */
  async tidied(): Promise<void> {
    await Promise.allSettled([...this.#tidying.values(), ...this.#counting]);
  }

  async #survey(autoscaler: Autoscaler, signal: AbortSignal): Promise<Survey> {
    const survey = await surveyWorkers(autoscaler, this.#terms, signal);
    this.#surveys.set(autoscaler.id, survey);
    return survey;
  }

  async #release(
    autoscaler: Autoscaler,
    change: ReleaseTerms["change"],
    first: Survey,
    signal: AbortSignal,
  ): ReturnType<typeof releaseWorkers> {
    await untilAborted(this.#tidying.get(autoscaler.id) ?? Promise.resolve(), signal);
    const { clock, pods } = this.#terms;
    const survey = (within: AbortSignal) => this.#survey(autoscaler, within);
    return releaseWorkers({ clock, pods, autoscaler, change, first, survey }, signal);
  }

  /**
   * `isMarked` resolves once no more marks are written, with whether there may be some. `told`: those that Kubernetes may
   * have been told to stop.
   */
  #tidyAfter(
    isMarked: Promise<boolean>,
    told: readonly string[],
    autoscaler: Autoscaler,
    signal: AbortSignal,
  ): Promise<void> {
    const { id } = autoscaler;
    const tidying = Promise.all([isMarked, this.#tidying.get(id)?.catch(() => undefined)])
      .then(([mayBe]) => (mayBe ? tidyWorkers(autoscaler, told, this.#terms, signal) : undefined))
      .finally(() => {
        if (this.#tidying.get(id) === tidying) this.#tidying.delete(id);
      });
    this.#tidying.set(id, tidying);
    return tidying;
  }

  #countStopped(autoscaler: Autoscaler, leaving: readonly string[], last: Survey, ending: AbortSignal): void {
    const { telemetry, log, reporter } = this.#terms;
    const { id } = autoscaler;
    const counting = findStoppedBusy(autoscaler, { leaving, last }, this.#terms, ending)
      .then((stopped) => {
        if (stopped.length === 0) return;
        telemetry.stoppedBusy(stopped.length);
        const message = `a scale-down stopped ${counted(stopped.length, "worker")} at work: ${stopped.join(", ")}`;
        reporter?.tell(autoscaler.origin, { type: "Warning", reason: "StoppedBusyWorkers", message });
        log.warn("Stopped busy workers", { id, pods: stopped.join(", ") });
      })
      .catch((error: unknown) => log.error("Unexpected error", { id, detail: String(error) }))
      .finally(() => this.#counting.delete(counting));
    this.#counting.add(counting);
  }
}
