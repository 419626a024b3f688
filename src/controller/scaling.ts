import type { Autoscaler, Decision, DoneScaling, Instant } from "../core/index.ts";
import type { WorkloadState } from "../kubernetes/ports/workloads.ts";
import { reasonsOf, rescaled } from "./incidents.ts";
import type { ReconcilerPorts } from "./reconciler-ports.ts";
import { type Change, ScaleWriter } from "./scale-writer.ts";
import type { Standing } from "./standing.ts";

/** A scaling that was made, or whether one may have been made that was not answered. */
export type EndedWrite =
  | { readonly change: Change; readonly at: Instant }
  | { readonly change?: undefined; readonly mayHaveScaled: boolean };

const UNKNOWN_EFFECT: ReadonlySet<string> = new Set(["called-off", "TimedOut", "Unavailable"]);

/** Carries out one autoscaler's decisions, and says what was done. */
export class Scaling {
  readonly #writer: ScaleWriter;
  readonly #ports: ReconcilerPorts;
  readonly #ended: (end: EndedWrite) => void;
  /** Monotonic milliseconds of the first sign of what is about to be acted on. */
  #signAt: number | undefined;
  /** A write whose outcome is not noted yet: who decides before it is, does not know that replicas were changed. */
  #isUnderWay = false;
  #isSpent = false;
  #last: DoneScaling | undefined;
  /** What a dry run said last that it would do. */
  #imagined = "";

  /** `ended` hears of every write that ended. */
  constructor(ports: ReconcilerPorts, ended: (end: EndedWrite) => void) {
    this.#writer = new ScaleWriter(ports);
    this.#ports = ports;
    this.#ended = ended;
  }

  /** The workload as our last write left it, where the watch has not shown that yet; that write; why one failed. */
  see(workload: WorkloadState): Pick<Standing, "workload" | "lastScaling" | "writeFailure"> {
    return { workload: this.#writer.seen(workload), lastScaling: this.#last, writeFailure: this.#writer.failure };
  }

  /** Ends the write that is under way and forgets old failures. */
  stop(): void {
    this.#writer.callOff();
    this.#writer.reset();
    this.#last = undefined;
    this.#imagined = "";
  }

  /** Whether the last scaling was made on what is known now: then a step down, or out of a band, was taken already. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** A look ended, well or not; what it may lead to is timed from `since`. */
  noticed(since: number): void {
    this.#isSpent = false;
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
    if (this.#isUnderWay || !this.#ports.mayWrite()) return Number.POSITIVE_INFINITY;
    // One look sends workers home once, however far maxDisruption lets it go; the next look may send more.
    if (direction === "down" && this.#isSpent) return Number.POSITIVE_INFINITY;
    const blockedUntil = this.#writer.blockedUntil(direction);
    if (blockedUntil !== undefined) return blockedUntil - this.#ports.clock.monotonic();
    const { replicas: from, resourceVersion } = workload;
    this.#ports.writing(this.#write(autoscaler, decision, { from, to, resourceVersion }));
    return Number.POSITIVE_INFINITY;
  }

  async #write(autoscaler: Autoscaler, decision: Decision, change: Change): Promise<void> {
    const { clock, telemetry } = this.#ports;
    const started = clock.monotonic();
    const signAt = this.#signAt ?? started;
    this.#signAt = undefined;
    this.#isUnderWay = true;
    const confirm = async (signal: AbortSignal) => {
      const isCurrent = await this.#ports.confirm(autoscaler.origin, signal);
      // What was decided on before the process stood still is decided on again.
      return isCurrent && this.#ports.gapEndedAt() <= started;
    };
    const outcome = await this.#writer.write(autoscaler.target, change, confirm).finally(() => {
      this.#isUnderWay = false;
    });
    const ended = clock.monotonic();
    const at = this.#ports.now();
    telemetry.scaled(outcome, (ended - started) / 1000);
    if (outcome === "ok") {
      telemetry.acted(change.to > change.from ? "up" : "down", (ended - signAt) / 1000);
      this.#isSpent = true;
      this.#say(autoscaler, decision, change, at);
    } else if (outcome !== "called-off") this.#complain(autoscaler, change, outcome);
    if (outcome === "ok") this.#ended({ change, at });
    else this.#ended({ mayHaveScaled: UNKNOWN_EFFECT.has(outcome) });
  }

  #complain({ id }: Autoscaler, { to }: Change, kind: string): void {
    this.#ports.telemetry.failed(`Scale/${kind}`);
    this.#ports.recorder.failed(id, to, this.#writer.failure?.message ?? kind);
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
