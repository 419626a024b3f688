import type { Problem, SignalRule } from "../core/index.ts";
import { withoutUndefined } from "./shared/without-undefined.ts";
import type { WorkerAutoscalerSignal } from "./worker-autoscaler-schema.ts";

/** The rules that a signal can have; exactly one of them. */
export const SIGNAL_RULES = ["backlog", "throughput", "perReplica", "band", "drain"] as const;

type Stated = Pick<WorkerAutoscalerSignal, (typeof SIGNAL_RULES)[number]>;

/** The rule that a signal states, or what is wrong with it. */
export function signalRule(
  stated: Stated,
  path: string,
): { readonly rule: SignalRule } | { readonly problem: Problem } {
  const names = SIGNAL_RULES.filter((name) => stated[name] !== undefined);
  if (names.length !== 1) {
    const got = names.length === 0 ? "none" : names.join(", ");
    return { problem: { path, message: `expected exactly one rule of ${SIGNAL_RULES.join(", ")}, got ${got}` } };
  }
  const { backlog, throughput, perReplica, band, drain } = stated;
  if (backlog !== undefined) return { rule: { kind: "backlog", ...backlog } };
  if (throughput !== undefined) return { rule: { kind: "throughput", ...throughput } };
  if (perReplica !== undefined) {
    const { value, ...rest } = perReplica;
    return { rule: { kind: "perReplica", valuePerReplica: value, ...rest } };
  }
  if (drain !== undefined) return { rule: { kind: "drain", ...withoutUndefined(drain) } };
  return bandRule(band, `${path}.band`);
}

function bandRule(band: Stated["band"], path: string): { readonly rule: SignalRule } | { readonly problem: Problem } {
  const { low, high, threshold, margin, direction = "HighIsBusy", stepUp = 1, stepDown = 1 } = band ?? {};
  const ends =
    low !== undefined && high !== undefined && threshold === undefined && margin === undefined
      ? { low, high }
      : threshold !== undefined && margin !== undefined && low === undefined && high === undefined
        ? { low: threshold - margin, high: threshold + margin }
        : undefined;
  if (ends === undefined) return { problem: { path, message: "expected either low and high or threshold and margin" } };
  if (ends.low > ends.high) {
    return { problem: { path: `${path}.low`, message: `expected at most high (${ends.high}), got ${ends.low}` } };
  }
  return { rule: { kind: "band", ...ends, direction, stepUp, stepDown } };
}
