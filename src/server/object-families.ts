import { setImmediate as nextTurn } from "node:timers/promises";
import type { AutoscalerView } from "../controller/autoscaler-view.ts";
import { printableLines, type SignalState, type SignalVerdict } from "../core/index.ts";
import { isTrouble } from "../engine/incidents.ts";

/** One series of one object: its labels, written out, and its value. */
export type Series = readonly [labels: string, value: number];

/** A metric with series for each object, made while it is being read: nothing is kept, so nothing outlives its object. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly labelNames: readonly string[];
  readonly series: (view: AutoscalerView) => readonly Series[];
}

/** Objects between two turns of the event loop: ten thousand of them are megabytes of text. */
const OBJECTS_A_TURN = 500;

/** Prometheus's text format for all objects, in pieces. */
export async function* exposition(families: readonly Family[], all: Iterable<AutoscalerView>): AsyncGenerator<string> {
  const objects = [...all];
  for (const { name, help, type, series } of families) {
    let text = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const [index, view] of objects.entries()) {
      for (const [labels, value] of series(view)) text += `${name}{${labels}} ${value}\n`;
      if (index % OBJECTS_A_TURN !== OBJECTS_A_TURN - 1) continue;
      yield text;
      text = "";
      await nextTurn();
    }
    yield text;
  }
}

/** One label, written out. */
export function label(name: string, value: string): string {
  return `${name}="${printableLines(value).replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')}"`;
}

/** No series where there is no value. */
export function optionalSeries(labels: string, value: number | undefined): readonly Series[] {
  return value === undefined ? [] : [[labels, value]];
}

const OBJECT = ["kind", "namespace", "name"];
const SIGNAL = [...OBJECT, "signal"];

interface SignalView {
  readonly labels: string;
  readonly state: SignalState;
  readonly verdict: SignalVerdict | undefined;
  readonly isWaiting: boolean;
}

/** The metrics of each autoscaler, in any format. */
export function objectFamilies(now: () => number): readonly Family[] {
  return [
    objectGauge(
      "muster_replicas_current",
      "Replicas that the workload has now",
      ({ account }) => account?.currentReplicas,
    ),
    objectGauge(
      "muster_replicas_available",
      "Replicas that are available",
      ({ account }) => account?.availableReplicas,
    ),
    objectGauge("muster_replicas_min", "The lower bound in force", ({ account }) => account?.minReplicas),
    objectGauge("muster_replicas_max", "The upper bound in force", ({ account }) => account?.maxReplicas),
    objectGauge(
      "muster_busy_workers",
      "Workers that were busy when it was last asked, which is before a scale-down alone; of objects with busyWorkers",
      ({ workers }) => (workers === undefined || "unknown" in workers ? undefined : workers.busy.length),
    ),
    objectGauge("muster_fallback_active", "1 while the fallback sets the number; of objects that have one", fallback),
    {
      name: "muster_autoscaler_condition",
      help: "1 for each condition that needs attention: Ready or ScalingActive that is not True (a signal that cannot be read: ScalingActive alone), FallbackActive that is, ScalingLimited for the reasons Stalled and WorkersUnknown, and warnings. No series: all is well",
      type: "gauge",
      labelNames: [...OBJECT, "type", "status", "reason"],
      series: troubles,
    },
    objectGauge("muster_last_scale_timestamp_seconds", "When the workload was last scaled", lastScaleSeconds),
    {
      name: "muster_replicas_desired",
      help: "Replicas that the workload should have, and the rule that settled the number",
      type: "gauge",
      labelNames: [...OBJECT, "rule"],
      series: desired,
    },
    signalGauge("muster_reading_value", "The newest reading of the signal", ({ state }) => state.reading?.value),
    signalGauge(
      "muster_reading_age_seconds",
      "How old the newest reading of the signal is; of a queue that is waited on: 0",
      (signal) => ageSeconds(signal, now()),
    ),
    signalGauge(
      "muster_signal_healthy",
      "1 while the last poll of the signal's source succeeded, else 0",
      ({ state }) => (state.failure === undefined ? 1 : 0),
    ),
    signalGauge(
      "muster_signal_recommended_replicas",
      "What the signal's rule asks for",
      ({ verdict }) => verdict?.recommendedReplicas,
    ),
    {
      name: "muster_signal_trust",
      help: "1, labelled with how far the signal can be believed",
      type: "gauge",
      labelNames: [...SIGNAL, "trust"],
      series: trust,
    },
  ];
}

function objectGauge(name: string, help: string, value: (view: AutoscalerView) => number | undefined): Family {
  return {
    type: "gauge",
    name,
    help,
    labelNames: OBJECT,
    series: (view) => optionalSeries(objectLabels(view), value(view)),
  };
}

function signalGauge(name: string, help: string, value: (signal: SignalView) => number | undefined): Family {
  const series = (view: AutoscalerView) =>
    signalsOf(view).flatMap((signal) => optionalSeries(signal.labels, value(signal)));
  return { type: "gauge", name, help, labelNames: SIGNAL, series };
}

function signalsOf(view: AutoscalerView): readonly SignalView[] {
  return Object.entries(view.account?.signals ?? {}).map(([name, state]) => ({
    labels: `${objectLabels(view)},${label("signal", name)}`,
    state,
    verdict: view.account?.decision?.signals.find((verdict) => verdict.name === name),
    isWaiting: view.waiting.has(name),
  }));
}

function desired(view: AutoscalerView): readonly Series[] {
  const decision = view.account?.decision;
  const rule = label("rule", decision?.steps.at(-1)?.rule ?? "none");
  return optionalSeries(`${objectLabels(view)},${rule}`, decision?.desiredReplicas);
}

function trust(view: AutoscalerView): readonly Series[] {
  return signalsOf(view).flatMap(({ labels, verdict }) =>
    verdict === undefined ? [] : [[`${labels},${label("trust", verdict.trust)}`, 1]],
  );
}

function fallback({ autoscaler, account }: AutoscalerView): number | undefined {
  if (autoscaler?.fallback === undefined || account?.decision === undefined) return undefined;
  return account.decision.fallback === undefined ? 0 : 1;
}

function troubles(view: AutoscalerView): readonly Series[] {
  return (view.account?.conditions ?? []).filter(isTrouble).map(({ type, status, reason }) => {
    const labels = [label("type", type), label("status", status), label("reason", reason)];
    return [`${objectLabels(view)},${labels.join(",")}`, 1];
  });
}

function lastScaleSeconds({ account }: AutoscalerView): number | undefined {
  return account?.lastScaleAt === undefined ? undefined : account.lastScaleAt / 1000;
}

function ageSeconds({ state, isWaiting }: SignalView, now: number): number | undefined {
  if (state.reading === undefined) return undefined;
  return isWaiting ? 0 : Math.max(0, (now - state.reading.at) / 1000);
}

function objectLabels({ origin }: AutoscalerView): string {
  return `${label("kind", origin.kind)},${label("namespace", origin.namespace)},${label("name", origin.name)}`;
}
