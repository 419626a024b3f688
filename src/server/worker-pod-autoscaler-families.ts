import type { AutoscalerView } from "../controller/autoscaler-view.ts";
import type { Reading, Signal, SignalState } from "../core/index.ts";
import { type Family, label, optionalSeries, type Series } from "./object-families.ts";

type Value = (view: AutoscalerView, reading: Reading | undefined) => number | undefined;

/** The metrics of the original WorkerPodAutoScaler controller under its names, for its dashboards. */
export const WORKER_POD_AUTOSCALER_FAMILIES: readonly Family[] = [
  queueGauge("wpa_queue_messages", "Unfinished messages in the queue", (_, reading) => reading?.value),
  queueGauge(
    "wpa_queue_messages_sent_per_minute",
    "Messages sent to the queue per minute",
    (_, reading) => reading?.arrivalsPerMinute,
  ),
  queueGauge("wpa_worker_current", "Replicas that the workload has now", ({ account }) => account?.currentReplicas),
  queueGauge(
    "wpa_worker_desired",
    "Replicas that the workload should have",
    ({ account }) => account?.decision?.desiredReplicas,
  ),
  queueGauge("wpa_worker_idle", "Workers that wait for work", idleWorkers),
  queueGauge("wpa_worker_available", "Replicas that are available", ({ account }) => account?.availableReplicas),
  objectFamily("counter", "wpa_controller_loop_count_success", "Passes that ended well", ({ passes }) => passes.count),
  objectFamily(
    "gauge",
    "wpa_controller_loop_duration_seconds",
    "How long the last pass over the object took",
    ({ passes }) => passes.lastSeconds,
  ),
];

function queueGauge(name: string, help: string, value: Value): Family {
  return {
    ...{ name, help, type: "gauge", labelNames: ["workerpodautoscaler", "namespace", "queueName"] },
    series(view) {
      const signal = view.autoscaler?.signals[0];
      if (signal === undefined || !isOriginal(view)) return [];
      const labels = `${objectLabels(view)},${label("queueName", queueName(signal))}`;
      return optionalSeries(labels, value(view, trustedReading(view.account?.signals[signal.name])));
    },
  };
}

function objectFamily(
  type: Family["type"],
  name: string,
  help: string,
  value: (view: AutoscalerView) => number,
): Family {
  const series = (view: AutoscalerView): readonly Series[] =>
    isOriginal(view) ? [[objectLabels(view), value(view)]] : [];
  return { type, name, help, labelNames: ["workerpodautoscaler", "namespace"], series };
}

function isOriginal({ autoscaler }: AutoscalerView): boolean {
  return autoscaler?.profile === "worker-pod-autoscaler";
}

function objectLabels({ origin }: AutoscalerView): string {
  return `${label("workerpodautoscaler", origin.name)},${label("namespace", origin.namespace)}`;
}

/** A value that cannot be read any more is left out. */
function trustedReading(state: SignalState | undefined): Reading | undefined {
  return state?.failure === undefined ? state?.reading : undefined;
}

function idleWorkers({ account }: AutoscalerView, reading: Reading | undefined): number | undefined {
  return reading?.idleWorkers === "all" ? account?.currentReplicas : reading?.idleWorkers;
}

/** Settings that name what is read, in the words of the systems that have them. */
const NAMING_SETTINGS = ["queue", "queueName", "tube", "queueUrl", "url"];

/** The short name of what a signal reads, for the label queueName: never a whole URL, which may hold credentials. */
export function queueName({ name, source: { settings } }: Signal): string {
  for (const setting of NAMING_SETTINGS) {
    const value = settings[setting];
    if (typeof value === "string" && value !== "") return value.includes("://") ? (lastSegment(value) ?? name) : value;
  }
  return name;
}

function lastSegment(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  return new URL(url).pathname.split("/").findLast((segment) => segment !== "");
}
