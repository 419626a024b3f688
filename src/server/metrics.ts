import { Counter, Histogram, Registry } from "prom-client";
import type { Controller } from "../controller/controller.ts";
import type { LogLevel } from "../controller/log.ts";
import type { Telemetry } from "../controller/telemetry.ts";
import { liveMetric } from "./live-metric.ts";
import { objectMetrics } from "./object-metrics.ts";
import { processMetrics } from "./process-metrics.ts";
import { workerPodAutoscalerMetrics } from "./worker-pod-autoscaler-metrics.ts";

/** As the original controller spelled them. */
const SEVERITIES: Readonly<Record<LogLevel, string>> = {
  debug: "DEBUG",
  info: "INFO",
  warn: "WARNING",
  error: "ERROR",
};
/** From one PATCH to what a person would call broken. */
const LATENCIES = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Everything on /metrics. What happens is counted as it happens; what is there is read when somebody asks. */
export class Metrics {
  readonly registry = new Registry();
  /** Handed to the controller. */
  readonly telemetry: Telemetry;
  readonly #logged: Counter<"severity">;
  readonly #apiCalls: Counter<"lane" | "outcome">;

  constructor(version: string) {
    const registers = [this.registry];
    this.telemetry = countingTelemetry(this.registry);
    this.#logged = new Counter({
      name: "wpa_log_messages_total",
      help: "Lines logged",
      labelNames: ["severity"],
      registers,
    });
    for (const severity of ["ERROR", "WARNING", "INFO"]) this.#logged.inc({ severity }, 0);
    this.#apiCalls = new Counter({
      name: "muster_api_calls_total",
      help: "Calls to the Kubernetes API, by purpose and outcome",
      labelNames: ["lane", "outcome"],
      registers,
    });
    processMetrics(this.registry, version);
  }

  /** Shows what this controller holds, from now on. */
  follow(controller: Controller, now: () => number = Date.now): void {
    const held = () => controller.held();
    workerPodAutoscalerMetrics(this.registry, held);
    objectMetrics(this.registry, held, now);
    const gauge = (name: string, help: string, value: () => number) =>
      liveMetric(this.registry, {
        type: "gauge",
        name,
        help,
        labels: [],
        series: () => [{ labels: {}, value: value() }],
      });
    gauge("muster_leader", "1 while this process is the one that acts", () => (controller.isLeading ? 1 : 0));
    gauge("muster_observations", "Distinct questions that sources are asked", () => controller.load.observations);
    gauge("muster_reconcile_queue", "Objects that need a pass", () => controller.load.queued);
  }

  /** A line was logged. */
  logged(level: LogLevel): void {
    this.#logged.inc({ severity: SEVERITIES[level] });
  }

  /** The Kubernetes API was called, for one of its few purposes; `error` is its kind where it failed. */
  readonly apiCalled = ({ lane, error = "ok" }: { readonly lane: string; readonly error?: string }): void => {
    this.#apiCalls.inc({ lane, outcome: error });
  };
}

function countingTelemetry(registry: Registry): Telemetry {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter<Label>({ name, help, labelNames, registers });
  const histogram = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Histogram<Label>({ name, help, labelNames, buckets: LATENCIES, registers });

  const looks = counter("muster_source_calls_total", "Looks at sources, by outcome", ["source", "outcome"]);
  const lookSeconds = histogram("muster_source_call_seconds", "How long a look took", ["source"]);
  const writes = counter("muster_scale_writes_total", "Writes of a scale, by outcome", ["outcome"]);
  const writeSeconds = histogram("muster_scale_write_seconds", "How long a write of a scale took", []);
  const latency = histogram(
    "muster_decision_latency_seconds",
    "From the first sign of a change (a wake, a reading) to the scale write's acknowledgement",
    ["direction"],
  );
  const decisions = counter("muster_decisions_total", "Decisions, by the rule that settled the number", [
    "direction",
    "rule",
  ]);
  const errors = counter("muster_errors_total", "What went wrong, by kind", ["kind"]);
  return {
    looked(source, outcome, seconds) {
      looks.inc({ source, outcome });
      lookSeconds.observe({ source }, seconds);
    },
    scaled(outcome, seconds) {
      writes.inc({ outcome });
      writeSeconds.observe(seconds);
    },
    acted: (direction, seconds) => latency.observe({ direction }, seconds),
    decided: (direction, rule) => decisions.inc({ direction, rule }),
    failed: (kind) => errors.inc({ kind }),
  };
}
