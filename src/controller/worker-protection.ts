import type { Autoscaler, WorkersSeen } from "../core/index.ts";
import type { ScaleWrite } from "../engine/events.ts";
import type { WriteOutcome } from "../engine/scaler.ts";
import { KubernetesError, type WorkloadPods } from "../kubernetes/ports.ts";
import { runWithin, untilAborted } from "../shared/async.ts";
import { askWorkers } from "./ask-workers.ts";
import type { Workers } from "./controller-options.ts";
import type { Log } from "./log.ts";
import { type ReleaseTerms, releaseWorkers } from "./release-workers.ts";
import { type Survey, type SurveyTerms, surveyWorkers } from "./survey-workers.ts";
import type { Telemetry } from "./telemetry.ts";
import { tidyWorkers } from "./tidy-workers.ts";

export interface ProtectionTerms extends SurveyTerms {
  readonly log: Log;
  readonly telemetry: Telemetry;
}

/** Besides what marking takes: 60 calls a second are shared by all workloads. */
const RELEASE_MILLISECONDS = 60_000;
const MARK_MILLISECONDS = 100;
/** A worker that was just told to stop answers soon or never. */
const INTERRUPTED_MILLISECONDS = 5_000;

/** Keeps busy workers from being stopped: asks who is busy, marks those that may go, and removes the marks again. */
export class WorkerProtection implements Workers {
  readonly #terms: ProtectionTerms;
  /** The newest survey of each autoscaler. */
  readonly #surveys = new Map<string, Survey>();
  /** Marks being removed, by autoscaler: the next ones wait for that. */
  readonly #tidying = new Map<string, Promise<void>>();

  constructor(terms: ProtectionTerms) {
    this.#terms = terms;
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
    let stopped: Survey | undefined;
    try {
      const released = await runWithin(limit, (within) => {
        const release = this.#release(autoscaler, change, first, within);
        releasing = release;
        return release;
      });
      if ("kind" in released) return released;
      const { resourceVersion, last } = released;
      const outcome = await write({ ...change, resourceVersion });
      if (outcome === "ok") stopped = last;
      return outcome;
    } catch (error) {
      if (signal.aborted) return "called-off";
      if (error instanceof KubernetesError) return error;
      // A write without an outcome would be waited for without an end.
      return { kind: "Unavailable", message: `preparing the scale-down failed unexpectedly: ${String(error)}` };
    } finally {
      // A call that is under way still may write a mark.
      const ended = releasing.then(
        () => undefined,
        () => undefined,
      );
      this.#tidyAfter(ended, autoscaler, ending, stopped);
    }
  }

  /** Removes what an earlier leader may have left on the workload's pods. Rejects on errors of ours alone. */
  tidy(autoscaler: Autoscaler, signal: AbortSignal): Promise<void> {
    return this.#tidyAfter(Promise.resolve(), autoscaler, signal);
  }

  /** Resolves when no marks are being removed. */
  async tidied(): Promise<void> {
    await Promise.allSettled(this.#tidying.values());
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

  /** `stopped`: what was known when pods were stopped. */
  #tidyAfter(ended: Promise<void>, autoscaler: Autoscaler, signal: AbortSignal, stopped?: Survey): Promise<void> {
    const { id } = autoscaler;
    const gone = async (after: WorkloadPods) => {
      if (stopped !== undefined) await this.#countInterrupted(autoscaler, stopped, after);
    };
    const tidying = Promise.allSettled([ended, this.#tidying.get(id)])
      .then(() => tidyWorkers(autoscaler, { ...this.#terms, gone }, signal))
      .finally(() => {
        if (this.#tidying.get(id) === tidying) this.#tidying.delete(id);
      });
    this.#tidying.set(id, tidying);
    return tidying;
  }

  /** Counts the workers that were busy when they were stopped, also those that took a message in the last moment. */
  async #countInterrupted(autoscaler: Autoscaler, before: Survey, after: WorkloadPods): Promise<void> {
    const { telemetry, log } = this.#terms;
    const present = new Set(after.pods.filter(({ isEnding }) => !isEnding).map(({ uid }) => uid));
    const gone = (before.workload?.pods ?? []).filter(({ uid, isEnding }) => !isEnding && !present.has(uid));
    const busy = new Set("unknown" in before.seen ? [] : before.seen.busy.map(({ pod }) => pod));
    const ending = after.pods.filter(({ isEnding }) => isEnding);
    const within = AbortSignal.timeout(INTERRUPTED_MILLISECONDS);
    const said =
      ending.length === 0 ? undefined : await askWorkers(autoscaler, after.pods, ending, this.#terms, within);
    if (said !== undefined && !("unknown" in said)) {
      for (const [pod, { state }] of said.answers) if (state === "busy" && !said.unanswered.has(pod)) busy.add(pod);
    }
    const interrupted = gone.filter(({ name }) => busy.has(name)).map(({ name }) => name);
    if (interrupted.length === 0) return;
    telemetry.stoppedBusy(interrupted.length);
    log.warn("Stopped busy workers", { id: autoscaler.id, pods: interrupted.join(", ") });
  }
}
