import type { Decision, Instant, Situation } from "../core/index.ts";

/** Hears of every decision and of what came of it; keeps what it likes, and never throws. */
export interface Recorder {
  decided(situation: Situation, decision: Decision): void;
  /** Replicas were changed, as a decision had asked. */
  scaled(id: string, at: Instant, from: number, to: number): void;
  /** Replicas could not be changed as a decision had asked. */
  failed(id: string, to: number, because: string): void;
  forgotten(id: string): void;
}

/** Where nobody wants to know. */
export const NO_RECORDER: Recorder = {
  decided: () => undefined,
  scaled: () => undefined,
  failed: () => undefined,
  forgotten: () => undefined,
};
