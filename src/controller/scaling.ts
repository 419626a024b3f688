import type { Autoscaler, Decision, DoneScaling, Instant, WorkloadReference } from "../core/index.ts";
import { type Change, Scaler, type WriteOutcome } from "../engine/scaler.ts";
import { KubernetesError, type KubernetesErrorKind, type WorkloadState } from "../kubernetes/ports.ts";
import { runWithin } from "../shared/async.ts";
import { reasonsOf, rescaled } from "./incidents.ts";
import type { ReconcilerPorts } from "./reconciler-ports.ts";
import type { Standing } from "./standing.ts";

interface VersionedChange extends Change {
  readonly resourceVersion?: string;
}

/** A scaling that was made, or whether one may have been made that was not answered. */
export type EndedWrite =
  | { readonly change: Change; readonly at: Instant }
  | { readonly change?: undefined; readonly mayHaveScaled: boolean };

const WRITE_TIMEOUT_MILLISECONDS = 30_000;
const UNKNOWN_EFFECT: ReadonlySet<string> = new Set(["called-off", "TimedOut", "Unavailable"]);

/** Drives one autoscaler's scaler: carries out decisions, and says what was done. */
export class Scaling {
  readonly #scaler: Scaler<KubernetesErrorKind>;
  /** Ends the write that is under way; whether it took effect is then unknown. */
  #calledOff = new AbortController();
  readonly #ports: ReconcilerPorts;
  readonly #ended: (end: EndedWrite) => void;
  /** Monotonic milliseconds of the first sign of what is about to be acted on. */
  #signAt: number | undefined;
  #last: DoneScaling | undefined;
  /** What a dry run said last that it would do. */
  #imagined = "";

  /** `ended` hears of every write that ended. */
  constructor(ports: ReconcilerPorts, ended: (end: EndedWrite) => void) {
    this.#ports = ports;
    this.#scaler = new Scaler(ports.random);
    this.#ended = ended;
  }

  /** The workload as our last write left it, where the watch has not shown that yet; that write; why one failed. */
  see(workload: WorkloadState): Pick<Standing, "workload" | "lastScaling" | "writeFailure"> {
    const replicas = this.#scaler.seen(
      workload.state === "present" ? workload.replicas : undefined,
      this.#ports.clock.monotonic(),
    );
    return {
      workload: workload.state === "present" && replicas !== undefined ? { ...workload, replicas } : workload,
      lastScaling: this.#last,
      writeFailure: this.#scaler.failure,
    };
  }

  /** Ends the write that is under way and forgets old failures. */
  stop(): void {
    this.#calledOff.abort();
    this.#scaler.forget();
    this.#last = undefined;
    this.#imagined = "";
  }

  /** Whether the last scaling was made on what is known now: then a step down, or out of a band, was taken already. */
  get isSpent(): boolean {
    return this.#scaler.isSpent;
  }

  /** A look ended, well or not; what it may lead to is timed from `since`. */
  noticed(since: number): void {
    this.#scaler.polled();
    this.#signAt = Math.min(this.#signAt ?? since, since);
  }

  /** Begins what the decision asks for. Returns the milliseconds after which to try again where it is too early. */
  act(autoscaler: Autoscaler, workload: WorkloadState & { state: "present" }, decision: Decision): number {
    const { direction, desiredReplicas: to } = decision;
    const isDry = autoscaler.mode === "DryRun" || this.#ports.dryRun;
    if (isDry) this.#imagine(autoscaler, workload.replicas, decision);
    if (isDry || direction === "none") {
      this.#signAt = undefined;
      return Number.POSITIVE_INFINITY;
    }
    const pause = this.#scaler.pauseBefore(direction, this.#ports.mayWrite(), this.#ports.clock.monotonic());
    if (pause > 0) return pause;
    const { replicas: from, resourceVersion } = workload;
    this.#ports.writing(this.#write(autoscaler, decision, { from, to, resourceVersion }));
    return Number.POSITIVE_INFINITY;
  }

  async #write(autoscaler: Autoscaler, decision: Decision, change: VersionedChange): Promise<void> {
    const { clock, telemetry } = this.#ports;
    const started = clock.monotonic();
    const signAt = this.#signAt ?? started;
    this.#signAt = undefined;
    const write = this.#scaler.begin(change);
    const confirm = async (signal: AbortSignal) => {
      const isCurrent = await this.#ports.confirm(autoscaler.origin, signal);
      // What was decided on before the process stood still is decided on again.
      return isCurrent && this.#ports.gapEndedAt() <= started;
    };
    const answer = await this.#attempt(autoscaler.target, change, confirm);
    const ended = clock.monotonic();
    const outcome = this.#scaler.ended(write, answer, ended) ?? "called-off";
    const at = this.#ports.now();
    telemetry.scaled(outcome, (ended - started) / 1000);
    if (outcome === "ok") {
      telemetry.acted(change.to > change.from ? "up" : "down", (ended - signAt) / 1000);
      this.#say(autoscaler, decision, change, at);
    } else if (outcome !== "called-off") this.#complain(autoscaler, change, outcome);
    if (outcome === "ok") this.#ended({ change, at });
    else this.#ended({ mayHaveScaled: UNKNOWN_EFFECT.has(outcome) });
  }

  /** `confirm` is asked before anything is written; false calls the write off. */
  async #attempt(
    target: WorkloadReference,
    change: VersionedChange,
    confirm: (signal: AbortSignal) => Promise<boolean>,
  ): Promise<WriteOutcome<KubernetesErrorKind>> {
    const { clock, workloads } = this.#ports;
    const calledOff = new AbortController();
    this.#calledOff = calledOff;
    const late = `expected an answer within ${WRITE_TIMEOUT_MILLISECONDS / 1000} s, got none`;
    const limit = {
      milliseconds: WRITE_TIMEOUT_MILLISECONDS,
      signal: calledOff.signal,
      timers: clock,
      reason: (isExpired: boolean) => new KubernetesError("TimedOut", isExpired ? late : "called off"),
    };
    try {
      return await runWithin(limit, async (signal) => {
        const isCurrent = await confirm(signal);
        if (!isCurrent || signal.aborted) return "called-off";
        await workloads.scale(target, change, signal);
        return "ok";
      });
    } catch (error) {
      return calledOff.signal.aborted ? "called-off" : asKubernetesError(error);
    }
  }

  #complain({ id }: Autoscaler, { to }: Change, kind: string): void {
    this.#ports.telemetry.failed(`Scale/${kind}`);
    this.#ports.recorder.failed(id, to, this.#scaler.failure?.message ?? kind);
  }

  /** Says what would be done, once for each change of it. */
  #imagine({ id }: Autoscaler, from: number, decision: Decision): void {
    const { direction, desiredReplicas: to } = decision;
    const imagined = direction === "none" ? "" : `${from} ${to}`;
    if (imagined !== "" && imagined !== this.#imagined) {
      this.#ports.log.info("Would scale the workload", { id, from, to, reason: reasonsOf(decision) });
    }
    this.#imagined = imagined;
  }

  #say({ id, origin }: Autoscaler, decision: Decision, { from, to }: Change, at: Instant): void {
    this.#last = { at, from, to, reason: reasonsOf(decision) };
    this.#ports.recorder.scaled(id, at, from, to);
    this.#ports.reporter.tell(origin, rescaled(from, decision));
    this.#ports.log.info("Scaled the workload", { id, from, to, reason: reasonsOf(decision) });
  }
}

function asKubernetesError(error: unknown): KubernetesError {
  if (error instanceof KubernetesError) return error;
  return new KubernetesError("Unavailable", `writing the scale failed unexpectedly: ${String(error)}`, {
    cause: error,
  });
}
