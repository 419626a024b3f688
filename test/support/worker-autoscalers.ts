import type { Autoscaler, Decision, Memory, Signal, SignalRule, SignalState } from "../../src/core/index.ts";
import { decide } from "../../src/core/index.ts";
import { NOW } from "./situations.ts";

/** A signal with that rule; further fields as the test wants them. */
export function signalWith(name: string, rule: SignalRule, changes: Partial<Signal> = {}): Signal {
  const source = { type: "prometheus", settings: {} };
  return { name, source, rule, freshnessSeconds: 120, whenMissing: "Hold", ...changes };
}

/** One replica for each ten of the value, without a tolerance. */
export const PER_TEN: SignalRule = { kind: "perReplica", valuePerReplica: 10, activationValue: 0, tolerance: 0 };

/** A WorkerAutoscaler's autoscaler: 0 to 100 replicas, no cool-down, and what the test changes. */
export function workerAutoscaler(changes: Partial<Autoscaler> = {}): Autoscaler {
  return {
    id: "WorkerAutoscaler/shop/mailer",
    origin: { kind: "WorkerAutoscaler", namespace: "shop", name: "mailer" },
    profile: "worker-autoscaler",
    target: { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "mailer" },
    minReplicas: 0,
    maxReplicas: 100,
    signals: [signalWith("load", PER_TEN)],
    mode: "Active",
    coolDownSeconds: 0,
    ...changes,
  };
}

export const fresh = (value: number, now = NOW): SignalState => ({ reading: { at: now, value } });
export const failing = (seconds: number): SignalState => ({
  failure: { kind: "Unavailable", message: "connection refused" },
  doubtSince: NOW - seconds * 1000,
});

/** What is decided now. */
export function decidedFor(
  autoscaler: Autoscaler,
  currentReplicas: number,
  signals: Readonly<Record<string, SignalState>>,
  { memory = {}, now = NOW }: { memory?: Memory; now?: number } = {},
): Decision {
  return decide({ autoscaler, currentReplicas, signals, memory, now });
}
