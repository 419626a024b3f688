import type { Registry } from "@prometheus-io/client";
import { liveMetric } from "./live-metric.ts";

/** What Prometheus expects of every process. (The client library's own set keeps a timer running that wakes an idle process.) */
export function processMetrics(registry: Registry, version: string): void {
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
