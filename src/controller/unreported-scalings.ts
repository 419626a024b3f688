import type { WorkloadState } from "../kubernetes/ports.ts";
import type { EndedWrite } from "./scaling.ts";

/** A status that cannot be written must not keep a workload from being scaled. */
const STATUS_PATIENCE_MS = 1_000;

/**
 * Finds scalings of ours that the memory does not have. A process that is killed right after a scaling has not reported
 * it; the API server notes who set the replicas, but not when, and before 1.22 not even who. What shows it is that the
 * workload has another number than the status.
 */
export class UnreportedScalings {
  /** The replicas that the memory accounts for; undefined: no status has told any yet. */
  #accounted: number | undefined;
  /** Who led before may have scaled without a word in the status. */
  #isFirstLook = false;
  /** So may a write of ours whose end is not known. */
  #mayHaveScaled = false;
  #statusDueAt: number | undefined;

  /** From now on this process acts; `reported` is what the status has. */
  begin(reported: number | undefined): void {
    this.#accounted = reported;
    this.#isFirstLook = true;
  }

  /** The scaling of ours that made this number, where the memory does not have it. */
  find({ replicas: to, setBy }: WorkloadState & { state: "present" }): { from: number; to: number } | undefined {
    const from = this.#accounted ?? to;
    const isOurs = setBy === "us" || (setBy === undefined && (this.#isFirstLook || this.#mayHaveScaled));
    this.#accounted = to;
    this.#isFirstLook = false;
    if (from === to) return undefined;
    this.#mayHaveScaled = false;
    return isOurs ? { from, to } : undefined;
  }

  ended(end: EndedWrite): void {
    if (end.change === undefined) this.#mayHaveScaled ||= end.mayHaveScaled;
    else {
      this.#accounted = end.change.to;
      this.#mayHaveScaled = false;
    }
  }

  /**
   * Milliseconds for which a scaling waits for the status to be written: one that still has the number to be set would
   * hide the scaling from the next process. It comes to that only right after another one that was not reported.
   */
  wait(reported: number | undefined, { from, to }: { from: number; to: number }, now: number): number {
    if (reported !== to || from === to) {
      this.#statusDueAt = undefined;
      return 0;
    }
    this.#statusDueAt ??= now + STATUS_PATIENCE_MS;
    return Math.max(0, this.#statusDueAt - now);
  }
}
