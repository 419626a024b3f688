import type { Registry } from "prom-client";
import type { Held } from "../controller/controller.ts";
import type { Reading, SignalState } from "../core/index.ts";
import { liveMetric } from "./live-metric.ts";
import { queueName } from "./queue-name.ts";

type Value = (held: Held, reading: Reading | undefined) => number | undefined;

const QUEUE_METRICS: readonly { readonly name: string; readonly help: string; readonly value: Value }[] = [
  { name: "wpa_queue_messages", help: "Unfinished messages in the queue", value: (_, reading) => reading?.value },
  {
    name: "wpa_queue_messages_sent_per_minute",
    help: "Messages sent to the queue per minute",
    value: (_, reading) => reading?.arrivalsPerMinute,
  },
  {
    name: "wpa_worker_current",
    help: "Replicas that the workload has now",
    value: ({ account }) => account?.currentReplicas,
  },
  {
    name: "wpa_worker_desired",
    help: "Replicas that the workload should have",
    value: ({ account }) => account?.decision?.desiredReplicas,
  },
  { name: "wpa_worker_idle", help: "Workers that wait for work", value: idleWorkers },
  {
    name: "wpa_worker_available",
    help: "Replicas that are available",
    value: ({ account }) => account?.availableReplicas,
  },
];

/** The metrics of the original WorkerPodAutoScaler controller, by its names, so that its dashboards go on. */
export function workerPodAutoscalerMetrics(registry: Registry, held: () => Iterable<Held>): void {
  for (const { name, help, value } of QUEUE_METRICS) {
    liveMetric(registry, {
      type: "gauge",
      name,
      help,
      labels: ["workerpodautoscaler", "namespace", "queueName"],
      *series() {
        for (const one of originals(held())) {
          const signal = one.autoscaler?.signals[0];
          const number = value(one, signal && believable(one.account?.signals[signal.name]));
          if (signal === undefined || number === undefined) continue;
          yield { labels: { ...objectLabels(one), queueName: queueName(signal) }, value: number };
        }
      },
    });
  }
  liveMetric(registry, {
    type: "counter",
    name: "wpa_controller_loop_count_success",
    help: "Passes over the object that ended well",
    labels: ["workerpodautoscaler", "namespace"],
    *series() {
      for (const one of originals(held())) yield { labels: objectLabels(one), value: one.passes.count };
    },
  });
  liveMetric(registry, {
    type: "gauge",
    name: "wpa_controller_loop_duration_seconds",
    help: "How long the last pass over the object took",
    labels: ["workerpodautoscaler", "namespace"],
    *series() {
      for (const one of originals(held())) yield { labels: objectLabels(one), value: one.passes.lastSeconds };
    },
  });
}

function* originals(all: Iterable<Held>): Generator<Held> {
  for (const held of all) if (held.autoscaler?.profile === "worker-pod-autoscaler") yield held;
}

function objectLabels({ origin }: Held) {
  return { workerpodautoscaler: origin.name, namespace: origin.namespace };
}

/** A number that could not be read again is better left out than shown for ever. */
function believable(state: SignalState | undefined): Reading | undefined {
  return state?.failure === undefined ? state?.reading : undefined;
}

function idleWorkers({ account }: Held, reading: Reading | undefined): number | undefined {
  return reading?.idleWorkers === "all" ? account?.currentReplicas : reading?.idleWorkers;
}
