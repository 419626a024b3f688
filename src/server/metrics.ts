import { Counter, Registry } from "@prometheus-io/client";
import type { Controller } from "../controller/controller.ts";
import type { Held } from "../controller/held.ts";
import type { LogLevel } from "../controller/log.ts";
import type { Telemetry } from "../controller/telemetry.ts";
import { countByState } from "./count-by-state.ts";
import { countingTelemetry } from "./counting-telemetry.ts";
import { exposition, type Family } from "./family.ts";
import { liveMetric } from "./live-metric.ts";
import { objectFamilies } from "./object-families.ts";
import { processMetrics } from "./process-metrics.ts";
import { WORKER_POD_AUTOSCALER_FAMILIES } from "./worker-pod-autoscaler-families.ts";

/** As the original controller spelled them. */
const SEVERITIES: Readonly<Record<LogLevel, string>> = {
  debug: "DEBUG",
  info: "INFO",
  warn: "WARNING",
  error: "ERROR",
};

/** Everything on /metrics. What happens is counted as it happens; what is there is read when somebody asks. */
export class Metrics {
  readonly registry = new Registry();
  /** Handed to the controller. */
  readonly telemetry: Telemetry;
  #families: readonly Family[] = [];
  #held: () => Iterable<Held> = () => [];
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
    this.#families = [...WORKER_POD_AUTOSCALER_FAMILIES, ...objectFamilies(now)];
    this.#held = () => controller.held();
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
    liveMetric(this.registry, {
      type: "gauge",
      name: "muster_objects",
      help: "Autoscalers, by format and by the reason of their condition Ready",
      labels: ["kind", "state"],
      series: () => countByState(controller.held()),
    });
  }

  /** Shows how long the event loop was held up. */
  followLoop(longestDelaySeconds: () => number): void {
    liveMetric(this.registry, {
      type: "gauge",
      name: "muster_event_loop_delay_seconds",
      help: "The longest time in the last one to two minutes that the main event loop was late",
      labels: [],
      series: () => [{ labels: {}, value: longestDelaySeconds() }],
    });
  }

  /** Families of objects; all other metrics are in the registry. */
  get families(): readonly Family[] {
    return this.#families;
  }

  /** Prometheus's text format, in pieces. */
  async *exposition(): AsyncGenerator<string> {
    yield await this.registry.metrics();
    yield* exposition(this.#families, this.#held());
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
