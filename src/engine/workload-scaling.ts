import type { Autoscaler, Decision, DoneScaling, Instant, WorkloadState } from "../core/index.ts";
import type { Effect } from "./events.ts";
import { reasonsOf } from "./incidents.ts";
import type { Now } from "./poller-terms.ts";
import {
  type Change,
  isPartial,
  type PartialWrite,
  Scaler,
  UnreportedScalings,
  type WriteFailure,
  type WriteOutcome,
} from "./scaler.ts";

type Present = WorkloadState & { state: "present" };

/** Before the first sign of a workload. */
export const UNSEEN: WorkloadState = { state: "unknown", because: "nothing has been heard of it yet" };
/** After these a write may have taken effect. */
const UNKNOWN_EFFECT: ReadonlySet<string> = new Set(["called-off", "TimedOut", "Unavailable"]);

/** A decision that was carried out. */
export interface CarriedOut extends Change {
  readonly decision: Decision;
  readonly at: Instant;
}

/** Carries out the decisions about one workload: one write at a time, and what its answer means. */
export class WorkloadScaling {
  readonly #id: string;
  readonly #dryRun: boolean;
  readonly #emit: (effect: Effect) => void;
  readonly #scaler: Scaler;
  readonly #unreported = new UnreportedScalings();
  #workload: WorkloadState = UNSEEN;
  /** The decision that the write under way carries out. */
  #writing: { readonly decision: Decision; readonly from: number } | undefined;
  #last: CarriedOut | undefined;
  /** What a dry run last said that it would do. */
  #imagined = "";
  /** Monotonic milliseconds of the first sign of what is about to be acted on. */
  #signAt: number | undefined;

  constructor(id: string, dryRun: boolean, random: () => number, emit: (effect: Effect) => void) {
    this.#id = id;
    this.#dryRun = dryRun;
    this.#emit = emit;
    this.#scaler = new Scaler(random);
  }

  /** Whether the last scaling was made on what is known now: then a step down, or out of a band, was taken already. */
  get isSpent(): boolean {
    return this.#scaler.isSpent;
  }

  /** Why the last write failed. */
  get failure(): WriteFailure | undefined {
    return this.#scaler.failure;
  }

  get last(): DoneScaling | undefined {
    if (this.#last === undefined) return undefined;
    const { at, from, to, decision } = this.#last;
    return { at, from, to, reason: reasonsOf(decision) };
  }

  /** Another workload is followed, or this one changed. */
  set workload(state: WorkloadState) {
    this.#workload = state;
  }

  /** Whether a scale-down is under way that first makes sure that the pods which leave are idle. */
  get isReleasing(): boolean {
    return this.#writing?.decision.leaving !== undefined;
  }

  /** Whether the workload has no replicas. */
  get isAsleep(): boolean {
    return this.#workload.state === "present" && this.#workload.replicas === 0;
  }

  /** The workload as our last write left it, where the watch has not shown that yet. */
  seen(now: Now): WorkloadState {
    const workload = this.#workload;
    if (workload.state === "present" && workload.jobs !== undefined) return workload;
    const replicas = this.#scaler.seen(workload.state === "present" ? workload.replicas : undefined, now.monotonic);
    if (workload.state !== "present" || replicas === undefined || replicas === workload.replicas) return workload;
    return { ...workload, replicas };
  }

  /** From now on this process acts; `reported`: the replicas that the status has. */
  begin(reported: number | undefined): void {
    this.#unreported.begin(reported);
  }

  /** Ends the write that is under way and forgets old failures. */
  stop(): void {
    if (this.#writing !== undefined) this.#emit({ type: "call off", id: this.#id });
    this.#scaler.forget();
    this.#last = undefined;
    this.#imagined = "";
  }

  /** A poll ended, well or not; what it may lead to is timed from `since`. */
  polled(since: number): void {
    this.#scaler.polled();
    this.#signAt = Math.min(this.#signAt ?? since, since);
  }

  /** A scaling of ours that the memory does not have, which is logged. */
  findUnreported(autoscaler: Autoscaler, workload: Present): Change | undefined {
    const found = this.#unreported.find(workload);
    if (found === undefined || this.#isDry(autoscaler)) return undefined;
    const message = "Found a scaling that was not reported; it counts as made now";
    this.#emit({ type: "log", level: "info", message, fields: { id: this.#id, ...found } });
    return found;
  }

  /** Milliseconds for which a scaling waits for the status to be written. */
  waitForStatus(reported: number | undefined, change: Change, now: Now): number {
    // The number of Jobs falls by itself: that a status has it says nothing.
    if (this.#workload.state === "present" && this.#workload.jobs !== undefined) return 0;
    return this.#unreported.wait(reported, change, now.monotonic);
  }

  /** Begins what the decision asks for. Returns the milliseconds after which to try again where it is too early. */
  act(autoscaler: Autoscaler, workload: Present, decision: Decision, mayWrite: boolean, now: Now): number {
    const { direction, desiredReplicas: to } = decision;
    const isDry = this.#isDry(autoscaler);
    if (isDry) this.#imagine(workload.replicas, decision);
    // A scale-down that takes its time gives way at once to a rise, and to a number that is to stay.
    else if (this.isReleasing && direction !== "down" && decision.wantsWorkers === undefined) {
      this.#emit({ type: "call off", id: this.#id });
    }
    if (isDry || direction === "none") {
      this.#signAt = undefined;
      return Number.POSITIVE_INFINITY;
    }
    const pause = this.#scaler.pauseBefore(direction, mayWrite, now.monotonic);
    if (pause > 0) return pause;
    const { replicas: from, resourceVersion } = workload;
    const { leaving } = decision;
    const change = leaving === undefined ? { from, to, resourceVersion } : { from, to, resourceVersion, leaving };
    const write = { number: this.#scaler.begin(change), autoscaler, change, signAt: this.#signAt ?? now.monotonic };
    this.#writing = { decision, from };
    this.#signAt = undefined;
    this.#emit({ type: "write", id: this.#id, write });
    return Number.POSITIVE_INFINITY;
  }

  /** The write of that number ended. Returns what it carried out, if it did. */
  ended(write: number, answer: WriteOutcome, now: Now): CarriedOut | undefined {
    const outcome = this.#scaler.ended(write, answer, now.monotonic);
    if (outcome === undefined || this.#writing === undefined) return undefined;
    const { from } = this.#writing;
    const decision = isPartial(answer) ? withPart(this.#writing.decision, answer) : this.#writing.decision;
    const to = decision.desiredReplicas;
    this.#writing = undefined;
    if (outcome === "ok") {
      this.#unreported.scaled(to);
      this.#last = { decision, from, to, at: now.wall };
      this.#emit({ type: "scaled", id: this.#id, at: now.wall, change: { from, to } });
      return this.#last;
    }
    if (UNKNOWN_EFFECT.has(outcome)) this.#unreported.mayHaveScaled();
    if (outcome === "called-off") return undefined;
    const because = this.#scaler.failure?.message ?? outcome;
    this.#emit({ type: "scale failed", id: this.#id, to, kind: outcome, because });
    return undefined;
  }

  #isDry({ mode }: Autoscaler): boolean {
    return mode === "DryRun" || this.#dryRun;
  }

  /** Says what would be done, once for each change of it. */
  #imagine(from: number, decision: Decision): void {
    const { direction, desiredReplicas: to } = decision;
    const imagined = direction === "none" ? "" : `${from} ${to}`;
    if (imagined !== "" && imagined !== this.#imagined) {
      const fields = { id: this.#id, from, to, reason: reasonsOf(decision) };
      this.#emit({ type: "log", level: "info", message: "Would scale the workload", fields });
    }
    this.#imagined = imagined;
  }
}

/** The decision as far as it was carried out. */
function withPart(decision: Decision, { to, because }: PartialWrite): Decision {
  const step = { rule: "protectBusyWorkers", from: decision.desiredReplicas, to, because };
  return { ...decision, desiredReplicas: to, steps: [...decision.steps, step] };
}
