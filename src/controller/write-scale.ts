import type { Origin, WorkloadReference } from "../core/index.ts";
import type { ScaleWrite } from "../engine/events.ts";
import { isPartial, type WriteOutcome } from "../engine/scaler.ts";
import { KubernetesError, type Workloads } from "../kubernetes/ports.ts";
import { runWithin } from "../shared/async.ts";
import type { Clock } from "./clock.ts";
import type { Workers } from "./controller-options.ts";
import type { Telemetry } from "./telemetry.ts";

const WRITE_TIMEOUT_MILLISECONDS = 30_000;

export interface ScaleWriterTerms {
  readonly clock: Clock;
  readonly workloads: Workloads;
  /** Absent: this process cannot see pods. */
  readonly workers?: Workers;
  readonly telemetry: Telemetry;
  /** Asked before anything is written; false calls the write off. */
  readonly confirm: (origin: Origin, signal: AbortSignal) => Promise<boolean>;
  /** Monotonic milliseconds of the end of the last time that the process did not run. */
  readonly gapEndedAt: () => number;
  readonly ended: (id: string, write: number, outcome: WriteOutcome) => void;
}

/** Carries out writes of scales, one at a time for each autoscaler. */
export class ScaleWriter {
  readonly #terms: ScaleWriterTerms;
  /** What calls the newest write of an autoscaler off. */
  readonly #calledOff = new Map<string, AbortController>();

  constructor(terms: ScaleWriterTerms) {
    this.#terms = terms;
  }

  /** Whether the write took effect is then unknown. */
  callOff(id: string): void {
    this.#calledOff.get(id)?.abort();
  }

  forget(id: string): void {
    this.#calledOff.delete(id);
  }

  /** `ending`: no pods are prepared for a scale-down any longer; a write that has begun goes on. */
  async write(id: string, { number, autoscaler, change, signAt }: ScaleWrite, ending: AbortSignal): Promise<void> {
    const { clock, telemetry, workers, ended } = this.#terms;
    const calledOff = new AbortController();
    this.#calledOff.set(id, calledOff);
    const started = clock.monotonic();
    const write = (now: ScaleWrite["change"]) => this.#scale(autoscaler, now, started, calledOff.signal);
    const { leaving } = change;
    const outcome =
      leaving === undefined || workers === undefined
        ? await write(change)
        : await workers.release(autoscaler, { ...change, leaving }, write, { calledOff: calledOff.signal, ending });
    const now = clock.monotonic();
    const isDone = outcome === "ok" || isPartial(outcome);
    const kind = isDone ? "ok" : typeof outcome === "string" ? outcome : outcome.kind;
    telemetry.scaled(kind === "NotLeading" ? "called-off" : kind, (now - started) / 1000);
    if (isDone) telemetry.acted(change.to > change.from ? "up" : "down", (now - signAt) / 1000);
    if (this.#calledOff.get(id) === calledOff) ended(id, number, outcome);
  }

  /** Writes the scale of one workload, within 30 s. Never rejects. */
  async #scale(
    { target, origin }: { readonly target: WorkloadReference; readonly origin: Origin },
    change: ScaleWrite["change"],
    started: number,
    calledOff: AbortSignal,
  ): Promise<WriteOutcome> {
    const { clock, workloads, confirm, gapEndedAt } = this.#terms;
    const late = `expected an answer within ${WRITE_TIMEOUT_MILLISECONDS / 1000} s, got none`;
    const limit = {
      milliseconds: WRITE_TIMEOUT_MILLISECONDS,
      signal: calledOff,
      timers: clock,
      reason: (isExpired: boolean) => new KubernetesError("TimedOut", isExpired ? late : "called off"),
    };
    try {
      return await runWithin(limit, async (signal) => {
        // What was decided on before the process stood still is decided on again.
        const isCurrent = (await confirm(origin, signal)) && gapEndedAt() <= started;
        if (!isCurrent || signal.aborted) return "called-off";
        await workloads.scale(target, change, signal);
        return "ok";
      });
    } catch (error) {
      if (calledOff.aborted) return "called-off";
      if (error instanceof KubernetesError) return error;
      return { kind: "Unavailable", message: `writing the scale failed unexpectedly: ${String(error)}` };
    }
  }
}
