import type { Decision, FailureKind, Instant, Situation } from "../core/index.ts";

/** What the controller counts as it happens; everything else is read from its state when somebody asks. */
export interface Telemetry {
  /** One look at a source, or one wait for work that ended in a failure. */
  looked(source: string, outcome: "ok" | FailureKind, seconds: number): void;
  /** A read that comes so much later, since its namespace's answers take more than their share of the process's time. */
  putOff(source: string, seconds: number): void;
  /** One write of a scale subresource. `outcome`: "ok" or the error's kind. */
  scaled(outcome: string, seconds: number): void;
  /** From the first sign that the world had changed to the scale write's acknowledgement. */
  acted(direction: "up" | "down", seconds: number): void;
  /** One decision, with the rule that settled its number. */
  decided(direction: "up" | "down" | "none", rule: string): void;
  /** Workers were stopped although they were busy. */
  stoppedBusy(workers: number): void;
  /** Something went wrong: a failed look ("Source/TimedOut"), write ("Scale/Conflict") or pass ("Reconcile/Exception"). */
  failed(kind: string): void;
}

/** Hears of every decision and of what came of it; keeps what it likes, and never throws. */
export interface Recorder {
  decided(situation: Situation, decision: Decision): void;
  /** Replicas were changed, as a decision had asked. */
  scaled(id: string, at: Instant, from: number, to: number): void;
  /** Replicas could not be changed as a decision had asked. */
  failed(id: string, to: number, because: string): void;
  forgotten(id: string): void;
}

/** Records nothing. */
export const NO_RECORDER: Recorder = {
  decided: () => undefined,
  scaled: () => undefined,
  failed: () => undefined,
  forgotten: () => undefined,
};
