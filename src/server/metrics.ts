import { Counter, Gauge, Registry } from "@prometheus-io/client";
import type { Controller } from "../controller/controller.ts";
import type { Held } from "../controller/held.ts";
import type { LogLevel } from "../controller/log.ts";
import type { Telemetry } from "../controller/telemetry.ts";
import { countingTelemetry } from "./counting-telemetry.ts";
import { exposition, type Family, objectFamilies } from "./object-families.ts";
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

interface Count {
  readonly labels: { readonly kind: string; readonly state: string };
  value: number;
}

/** How many autoscalers of each format there are, by the reason of their condition Ready. */
function countByState(all: Iterable<Held>): Count[] {
  const counts = new Map<string, Count>();
  for (const { origin, account } of all) {
    const state = account?.conditions.find(({ type }) => type === "Ready")?.reason ?? "Pending";
    const key = `${origin.kind} ${state}`;
    const count = counts.get(key) ?? { labels: { kind: origin.kind, state }, value: 0 };
    count.value += 1;
    counts.set(key, count);
  }
  return [...counts.values()];
}

/** What Prometheus expects of every process. (The client library's own set keeps a timer running that wakes an idle process.) */
function processMetrics(registry: Registry, version: string): void {
  const gauge = (type: "gauge" | "counter", name: string, help: string, value: () => number) =>
    liveMetric(registry, { type, name, help, labels: [], series: () => [{ labels: {}, value: value() }] });
  const startedAt = Date.now() / 1000 - process.uptime();

  gauge("counter", "process_cpu_seconds_total", "Processor time used, user and system", cpuSeconds);
  gauge("gauge", "process_resident_memory_bytes", "Resident memory", () => process.memoryUsage.rss());
  gauge("gauge", "process_start_time_seconds", "When the process started, since the epoch", () => startedAt);
  gauge(
    "gauge",
    "nodejs_heap_used_bytes",
    "Of the JavaScript heap, what is in use",
    () => process.memoryUsage().heapUsed,
  );
  gauge(
    "gauge",
    "nodejs_active_resources",
    "Timers, sockets and requests that are open",
    () => process.getActiveResourcesInfo().length,
  );
  liveMetric(registry, {
    type: "gauge",
    name: "muster_build_info",
    help: "1, labelled with what runs",
    labels: ["version", "node"],
    series: () => [{ labels: { version, node: process.versions.node }, value: 1 }],
  });
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}

interface LiveMetricOptions {
  readonly type: "gauge" | "counter";
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly series: () => { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/** A metric whose values are read when a scrape asks for them. */
function liveMetric(registry: Registry, { type, name, help, labels, series }: LiveMetricOptions): void {
  const options = { name, help, labelNames: labels, registers: [registry] };
  if (type === "gauge") {
    new Gauge<string>({
      ...options,
      collect() {
        this.reset();
        for (const { labels: of, value } of series()) this.set({ ...of }, value);
      },
    });
    return;
  }
  new Counter<string>({
    ...options,
    collect() {
      this.reset();
      for (const { labels: of, value } of series()) this.inc({ ...of }, value);
    },
  });
}
