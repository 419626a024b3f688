import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { graphPanel, moments, newDashboard, numberPanel, troublePanel } from "./panels.ts";

/** Only our processes have this one. */
const OURS = "and on (instance) muster_build_info";
const perSecond = (metric: string, by: string): string => `sum by (${by}) (rate(${metric}[$__rate_interval]))`;
const quantile = (share: number, metric: string, by = ""): string =>
  `histogram_quantile(${share}, sum by (le${by && `, ${by}`}) (rate(${metric}_bucket[$__rate_interval])))`;

/** Muster's own processes. */
export function controllerDashboard(): dashboard.Dashboard {
  const started = `process_start_time_seconds * 1000 ${OURS}`;
  return newDashboard(
    "muster-controller",
    "Muster / Controller",
    "Muster's own processes: who leads, what they cost, what fails.",
  )
    .annotation(moments("Starts", started, "{{instance}} started", "green"))
    .withPanel(
      numberPanel({ title: "Leaders", about: "One, or nobody acts.", queries: { leaders: "sum(muster_leader)" } }),
    )
    .withPanel(
      numberPanel({
        title: "Processes",
        about: "Those that are scraped.",
        queries: { processes: "count(muster_build_info)" },
      }),
    )
    .withPanel(
      troublePanel({
        title: "Changes of leader",
        about: "In the last hour.",
        queries: { changes: "ceil(sum(changes(muster_leader[1h])) / 2)" },
      }),
    )
    .withPanel(
      numberPanel({
        title: "Autoscalers",
        about: "Known to the leader.",
        queries: { autoscalers: "sum(muster_objects and on (instance) (muster_leader == 1)) or vector(0)" },
      }),
    )
    .withPanel(
      numberPanel({
        title: "Questions asked",
        about: "Distinct questions that sources are asked.",
        queries: { questions: "max(muster_observations)" },
      }),
    )
    .withPanel(
      numberPanel({
        title: "Up for",
        about: "The process that started last.",
        unit: "s",
        queries: { "up for": `time() - max(process_start_time_seconds ${OURS})` },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Who leads",
        about: "1: this process acts.",
        queries: { "{{instance}}": "max by (instance) (muster_leader)" },
      }),
    )
    .withPanel(
      graphPanel({
        title: "From the first sign to the scaling",
        about: "Until the API server has confirmed the write.",
        unit: "s",
        queries: {
          half: quantile(0.5, "muster_decision_latency_seconds"),
          "99 %": quantile(0.99, "muster_decision_latency_seconds"),
          "99 % of writes alone": quantile(0.99, "muster_scale_write_seconds"),
        },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Calls to the API server",
        about: "A second, by purpose and outcome.",
        unit: "reqps",
        queries: { "{{lane}} {{outcome}}": perSecond("muster_api_calls_total", "lane, outcome") },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Polls of sources",
        about: "A second, by source and outcome.",
        unit: "reqps",
        queries: { "{{source}} {{outcome}}": perSecond("muster_source_calls_total", "source, outcome") },
      }),
    )
    .withPanel(
      graphPanel({
        title: "How long polls take",
        about: "99 % take no longer.",
        unit: "s",
        queries: { "{{source}}": quantile(0.99, "muster_source_call_seconds", "source") },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Reads put off",
        about:
          "Seconds in a second by which reads came later, as answers to their namespace took more than their share of the process's time.",
        unit: "s",
        queries: { "put off": "sum(rate(muster_source_put_off_seconds_total[$__rate_interval])) or vector(0)" },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Decisions",
        about: "A second, by direction.",
        unit: "ops",
        queries: { "{{direction}}": perSecond("muster_decisions_total", "direction") },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Errors and lines logged",
        about: "A second. Errors by kind: unreachable sources, refused writes, faults of Muster.",
        unit: "ops",
        queries: {
          "{{kind}}": perSecond("muster_errors_total", "kind"),
          "logged {{severity}}": perSecond("wpa_log_messages_total", "severity"),
        },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Event loop",
        about: "The longest time that the process was late. Scalings come late by as much.",
        unit: "s",
        queries: { "{{instance}}": "max by (instance) (muster_event_loop_delay_seconds)" },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Objects that need a pass",
        about: "More than a few for long: the process does not keep up.",
        queries: { "{{instance}}": "max by (instance) (muster_reconcile_queue)" },
      }),
    )
    .withPanel(
      graphPanel({
        title: "CPU",
        about: "Cores in use.",
        queries: { "{{instance}}": `rate(process_cpu_seconds_total[$__rate_interval]) ${OURS}` },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Memory",
        about: "Resident, and of it the heap.",
        unit: "bytes",
        queries: {
          "{{instance}}": `process_resident_memory_bytes ${OURS}`,
          "{{instance}} heap": `nodejs_heap_used_bytes ${OURS}`,
        },
      }),
    )
    .build();
}
