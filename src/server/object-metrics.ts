import type { Registry } from "prom-client";
import type { Held } from "../controller/controller.ts";
import type { SignalState, SignalVerdict } from "../core/index.ts";
import { liveMetric, type Series } from "./live-metric.ts";

const OBJECT = ["kind", "namespace", "name"] as const;
const SIGNAL = [...OBJECT, "signal"] as const;
type ObjectLabel = (typeof OBJECT)[number];
type SignalLabel = (typeof SIGNAL)[number];

/** What there is to measure about each autoscaler, whatever format it was written in. */
export function objectMetrics(registry: Registry, held: () => Iterable<Held>, now: () => number): void {
  const perObject = (name: string, help: string, value: (held: Held) => number | undefined) =>
    liveMetric<ObjectLabel>(registry, { type: "gauge", name, help, labels: OBJECT, series: () => each(held(), value) });
  const perSignal = (name: string, help: string, value: (signal: HeldSignal) => number | undefined) =>
    liveMetric<SignalLabel>(registry, {
      type: "gauge",
      name,
      help,
      labels: SIGNAL,
      series: () => eachSignal(held(), value),
    });

  perObject("muster_replicas_current", "Replicas that the workload has now", ({ account }) => account?.currentReplicas);
  perObject("muster_replicas_available", "Replicas that are available", ({ account }) => account?.availableReplicas);
  perObject("muster_replicas_min", "The lower bound", ({ autoscaler }) => autoscaler?.minReplicas);
  perObject("muster_replicas_max", "The upper bound", ({ autoscaler }) => autoscaler?.maxReplicas);
  perObject("muster_last_scale_timestamp_seconds", "When the workload was last scaled", ({ account }) =>
    account?.lastScaleAt === undefined ? undefined : account.lastScaleAt / 1000,
  );
  perSignal("muster_reading_value", "The newest reading of the signal", ({ state }) => state.reading?.value);
  perSignal(
    "muster_reading_age_seconds",
    "How old the newest reading of the signal is; of a queue that is waited on: 0",
    (signal) => ageSeconds(signal, now()),
  );
  perSignal("muster_signal_healthy", "1 while the last look at the signal's source succeeded, else 0", ({ state }) =>
    state.failure === undefined ? 1 : 0,
  );
  perSignal(
    "muster_signal_recommended_replicas",
    "What the signal's rule asks for",
    ({ verdict }) => verdict?.recommendedReplicas,
  );
  liveMetric(registry, {
    type: "gauge",
    name: "muster_replicas_desired",
    help: "Replicas that the workload should have, and the rule that settled the number",
    labels: [...OBJECT, "rule"],
    *series() {
      for (const one of held()) {
        const decision = one.account?.decision;
        if (decision === undefined) continue;
        yield {
          labels: { ...objectLabels(one), rule: decision.steps.at(-1)?.rule ?? "none" },
          value: decision.desiredReplicas,
        };
      }
    },
  });
  liveMetric(registry, {
    type: "gauge",
    name: "muster_signal_trust",
    help: "1, labelled with how far the signal can be believed",
    labels: [...SIGNAL, "trust"],
    *series() {
      for (const one of held()) {
        for (const { name, trust } of one.account?.decision?.signals ?? []) {
          yield { labels: { ...objectLabels(one), signal: name, trust }, value: 1 };
        }
      }
    },
  });
  liveMetric(registry, {
    type: "gauge",
    name: "muster_objects",
    help: "Autoscalers, by format and by the reason of their condition Ready",
    labels: ["kind", "state"],
    series: () => countByState(held()),
  });
}

interface HeldSignal {
  readonly state: SignalState;
  readonly verdict: SignalVerdict | undefined;
  readonly isWaiting: boolean;
}

function* each(all: Iterable<Held>, value: (held: Held) => number | undefined): Generator<Series<ObjectLabel>> {
  for (const held of all) {
    const number = value(held);
    if (number !== undefined) yield { labels: objectLabels(held), value: number };
  }
}

function* eachSignal(
  all: Iterable<Held>,
  value: (signal: HeldSignal) => number | undefined,
): Generator<Series<SignalLabel>> {
  for (const held of all) {
    for (const [name, state] of Object.entries(held.account?.signals ?? {})) {
      const verdict = held.account?.decision?.signals.find((one) => one.name === name);
      const number = value({ state, verdict, isWaiting: held.waiting.has(name) });
      if (number !== undefined) yield { labels: { ...objectLabels(held), signal: name }, value: number };
    }
  }
}

function ageSeconds({ state, isWaiting }: HeldSignal, now: number): number | undefined {
  if (state.reading === undefined) return undefined;
  return isWaiting ? 0 : Math.max(0, (now - state.reading.at) / 1000);
}

function countByState(all: Iterable<Held>): Series<"kind" | "state">[] {
  const counts = new Map<string, Series<"kind" | "state">>();
  for (const { origin, account } of all) {
    const labels = {
      kind: origin.kind,
      state: account?.conditions.find(({ type }) => type === "Ready")?.reason ?? "Pending",
    };
    const key = `${labels.kind} ${labels.state}`;
    counts.set(key, { labels, value: (counts.get(key)?.value ?? 0) + 1 });
  }
  return [...counts.values()];
}

function objectLabels({ origin }: Held): Record<ObjectLabel, string> {
  return { kind: origin.kind, namespace: origin.namespace, name: origin.name };
}
