import { Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";
import type { AutoscalerView } from "../controller/autoscaler-view.ts";
import type { Controller } from "../controller/controller.ts";
import type { LogLevel } from "../controller/log.ts";
import type { Telemetry } from "../controller/telemetry.ts";
import { exposition, type Family, objectFamilies } from "./object-families.ts";
import { WORKER_POD_AUTOSCALER_FAMILIES } from "./worker-pod-autoscaler-families.ts";

/** As the original controller spelled them. */
const SEVERITIES: Readonly<Record<LogLevel, string>> = {
  debug: "DEBUG",
  info: "INFO",
  warn: "WARNING",
  error: "ERROR",
};

/** Everything on /metrics. What happens is counted as it happens; the state is read when a scrape asks for it. */
export class Metrics {
  readonly registry = new Registry();
  /** Handed to the controller. */
  readonly telemetry: Telemetry;
  #polls = 0;
  #families: readonly Family[] = [];
  #view: () => Iterable<AutoscalerView> = () => [];
  readonly #logged: Counter<"severity">;
  readonly #apiCalls: Counter<"lane" | "outcome">;
  readonly #notifications: Counter<"outcome">;

  constructor(version: string) {
    const registers = [this.registry];
    const telemetry = countingTelemetry(this.registry);
    this.telemetry = {
      ...telemetry,
      looked: (...poll) => {
        this.#polls += 1;
        telemetry.looked(...poll);
      },
    };
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
    this.#notifications = new Counter({
      name: "muster_notifications_total",
      help: "Notifications for receivers over HTTP, by what became of them: sent, failed, dropped",
      labelNames: ["outcome"],
      registers,
    });
    this.#followProcess(version);
  }

  /** Shows what this controller holds, from now on. */
  follow(controller: Controller, now: () => number = Date.now): void {
    this.#families = [...WORKER_POD_AUTOSCALER_FAMILIES, ...objectFamilies(now)];
    this.#view = () => controller.views();
    this.#gauge("muster_leader", "1 while this process is the one that acts", () => (controller.isLeading ? 1 : 0));
    this.#gauge("muster_observations", "Distinct questions that sources are asked", () => controller.load.observations);
    this.#gauge("muster_reconcile_queue", "Objects that need a pass", () => controller.load.queued);
    const help = "Autoscalers, by format and by the reason of their condition Ready";
    this.#gauge("muster_objects", help, () => countByState(controller.views()), ["kind", "state"]);
  }

  /** Shows how long the event loop was view up. */
  followLoop(longestDelaySeconds: () => number): void {
    const help = "The longest time in the last one to two minutes that the main event loop was late";
    this.#gauge("muster_event_loop_delay_seconds", help, longestDelaySeconds);
  }

  /** What Prometheus expects of every process. (The client library's own set has a timer that wakes an idle process.) */
  #followProcess(version: string): void {
    const startedAt = Date.now() / 1000 - process.uptime();
    const { node } = process.versions;
    new Counter({
      name: "process_cpu_seconds_total",
      help: "Processor time used, user and system",
      registers: [this.registry],
      collect() {
        const { user, system } = process.cpuUsage();
        this.reset();
        this.inc((user + system) / 1_000_000);
      },
    });
    this.#gauge("process_resident_memory_bytes", "Resident memory", () => process.memoryUsage.rss());
    this.#gauge("process_start_time_seconds", "When the process started, since the epoch", () => startedAt);
    this.#gauge(
      "nodejs_heap_used_bytes",
      "Of the JavaScript heap, what is in use",
      () => process.memoryUsage().heapUsed,
    );
    const resources = () => process.getActiveResourcesInfo().length;
    this.#gauge("nodejs_active_resources", "Timers, sockets and requests that are open", resources);
    this.#gauge("muster_build_info", "1, labelled with what runs", () => [[{ version, node }, 1]], ["version", "node"]);
  }

  /** A gauge whose values are read when a scrape asks for them. */
  #gauge(name: string, help: string, read: () => number | readonly LabelledValue[], labelNames: string[] = []): void {
    new Gauge<string>({
      ...{ name, help, labelNames, registers: [this.registry] },
      collect() {
        const value = read();
        this.reset();
        for (const [labels, one] of typeof value === "number" ? [[{}, value] as const] : value) this.set(labels, one);
      },
    });
  }

  /** How often sources were polled. */
  get polls(): number {
    return this.#polls;
  }

  /** Families of objects; all other metrics are in the registry. */
  get families(): readonly Family[] {
    return this.#families;
  }

  /** Prometheus's text format, in pieces. */
  async *exposition(): AsyncGenerator<string> {
    yield await this.registry.metrics();
    yield* exposition(this.#families, this.#view());
  }

  /** A line was logged. */
  logged(level: LogLevel): void {
    this.#logged.inc({ severity: SEVERITIES[level] });
  }

  /** Notifications were delivered, or will not be. */
  readonly notified = (outcome: "sent" | "failed" | "dropped", notifications: number): void => {
    this.#notifications.inc({ outcome }, notifications);
  };

  /** The Kubernetes API was called, for one of its few purposes; `error` is its kind where it failed. */
  readonly apiCalled = ({ lane, error = "ok" }: { readonly lane: string; readonly error?: string }): void => {
    this.#apiCalls.inc({ lane, outcome: error });
  };
}

type LabelledValue = readonly [labels: Record<string, string>, value: number];

/** The number of autoscalers of each format, by the reason of their condition Ready. */
function countByState(all: Iterable<AutoscalerView>): readonly LabelledValue[] {
  const stateOf = ({ account }: AutoscalerView) =>
    account?.conditions.find(({ type }) => type === "Ready")?.reason ?? "Pending";
  const groups = Map.groupBy(all, (view) => `${view.origin.kind} ${stateOf(view)}`);
  return [...groups].map(([key, { length }]) => {
    const [kind = "", state = ""] = key.split(" ");
    return [{ kind, state }, length];
  });
}

/** From one PATCH to an obvious fault. */
const LATENCIES = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Counts what the controller reports. */
function countingTelemetry(registry: Registry): Telemetry {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter<Label>({ name, help, labelNames, registers });
  const histogram = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Histogram<Label>({ name, help, labelNames, buckets: LATENCIES, registers });

  const polls = counter("muster_source_calls_total", "Polls of sources, by outcome", ["source", "outcome"]);
  const pollSeconds = histogram("muster_source_call_seconds", "How long a poll took", ["source"]);
  const putOff = counter(
    "muster_source_put_off_seconds_total",
    "Seconds by which reads were put off, since the answers to their namespace take more than their share of the process's time",
    ["source"],
  );
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
  const stoppedBusy = counter(
    "muster_workers_stopped_busy_total",
    "Workers that held a message when a scale-down stopped them, or right before or after",
    [],
  );
  const errors = counter("muster_errors_total", "What went wrong, by kind", ["kind"]);
  return {
    looked(source, outcome, seconds) {
      polls.inc({ source, outcome });
      pollSeconds.observe({ source }, seconds);
    },
    putOff: (source, seconds) => putOff.inc({ source }, seconds),
    scaled(outcome, seconds) {
      writes.inc({ outcome });
      writeSeconds.observe(seconds);
    },
    acted: (direction, seconds) => latency.observe({ direction }, seconds),
    decided: (direction, rule) => decisions.inc({ direction, rule }),
    stoppedBusy: (workers) => stoppedBusy.inc(workers),
    failed: (kind) => errors.inc({ kind }),
  };
}
