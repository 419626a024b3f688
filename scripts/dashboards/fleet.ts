import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { graphPanel, labelVariable, moments, newDashboard, numberPanel, tablePanel, troublePanel } from "./panels.ts";

const CHOSEN = '{namespace=~"$namespace"}';
/** After a change of leader two processes may show an object for a moment. */
const ofObjects = (metric: string, more = ""): string =>
  `max by (kind, namespace, name) (${metric}${CHOSEN.replace("}", `${more}}`)})`;
const orZero = (expr: string): string => `(${expr}) or vector(0)`;

/** All autoscalers, or those of some namespaces. */
export function fleetDashboard(): dashboard.Dashboard {
  const current = ofObjects("muster_replicas_current");
  const desired = ofObjects("muster_replicas_desired");
  const most = ofObjects("muster_replicas_max");
  const scaled = `max by (kind, namespace, name) (muster_last_scale_timestamp_seconds${CHOSEN}) * 1000`;
  return newDashboard(
    "muster-fleet",
    "Muster / Fleet",
    "All autoscalers: what they run, what they wait for, what is wrong.",
  )
    .withVariable(labelVariable("namespace", "muster_replicas_current", true).label("Namespace"))
    .annotation(moments("Scalings", scaled, "{{namespace}}/{{name}} scaled", "blue"))
    .withPanel(
      numberPanel({
        title: "Autoscalers",
        about: "Those that have decided.",
        queries: { autoscalers: orZero(`count(${desired})`) },
      }),
    )
    .withPanel(
      numberPanel({ title: "Workers", about: "Replicas of all workloads.", queries: { now: `sum(${current})` } }),
    )
    .withPanel(
      numberPanel({
        title: "At zero",
        about: "Autoscalers whose workload has no replicas: it costs nothing.",
        queries: { asleep: orZero(`count(${current} == 0)`) },
      }),
    )
    .withPanel(
      troublePanel({
        title: "Not ready",
        about: "Autoscalers that cannot do their work: their condition Ready is not True.",
        queries: {
          "not ready": orZero(`count(${ofObjects("muster_autoscaler_condition", ',type="Ready",status!="True"')})`),
        },
      }),
    )
    .withPanel(
      troublePanel({
        title: "Unreadable signals",
        about: "Signals whose last poll failed.",
        queries: { unreadable: orZero(`count(muster_signal_healthy${CHOSEN} == 0)`) },
      }),
    )
    .withPanel(
      troublePanel({
        title: "At the upper bound",
        about: "Autoscalers that ask for as many replicas as maxReplicas allows.",
        queries: { bound: orZero(`count(${desired} >= ${most} > 0)`) },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Workers",
        about: "Replicas now, desired, and the most that the bounds in force allow.",
        unit: "replicas",
        queries: { now: `sum(${current})`, desired: `sum(${desired})`, "upper bound": `sum(${most})` },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Workers by namespace",
        about: "Replicas now.",
        unit: "replicas",
        queries: { "{{namespace}}": `sum by (namespace) (${current})` },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Largest values",
        about: "The ten signals with the largest values: messages, or whatever the signal measures.",
        queries: {
          "{{namespace}}/{{name}} {{signal}}": `topk(10, max by (kind, namespace, name, signal) (muster_reading_value${CHOSEN}))`,
        },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Signals by trust",
        about: "ok and zero are well; absent, stale, failing and implausible hold scale-downs up.",
        queries: { "{{trust}}": `count by (trust) (muster_signal_trust${CHOSEN})` },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Scalings a minute",
        about: "Of all namespaces, by outcome of the write.",
        queries: { "{{outcome}}": "sum by (outcome) (rate(muster_scale_writes_total[$__rate_interval])) * 60" },
      }),
    )
    .withPanel(
      graphPanel({
        title: "From the first sign to the scaling",
        about:
          "From the wake or reading that showed a change until the API server has confirmed the write; all namespaces.",
        unit: "s",
        queries: {
          "half of {{direction}}": latency(0.5),
          "99 % of {{direction}}": latency(0.99),
        },
      }),
    )
    .withPanel(
      tablePanel({
        title: "What needs attention",
        about: "Conditions that somebody should know of; empty: all is well.",
        queries: {
          holds: `max by (kind, namespace, name, type, status, reason) (muster_autoscaler_condition${CHOSEN})`,
        },
      }).withTransformation({ id: "organize", options: { excludeByName: { holds: true } } }),
    )
    .withPanel(
      tablePanel({
        title: "Autoscalers",
        about: "Bounds are those in force.",
        queries: { now: current, desired, min: ofObjects("muster_replicas_min"), max: most },
      }).overrideByName("name", [{ id: "links", value: [{ title: "This autoscaler", url: LINK }] }]),
    )
    .build();
}

const row = (field: string) => `\${__data.fields.${field}}`;
const LINK = `/d/muster-autoscaler?var-namespace=${row("namespace")}&var-kind=${row("kind")}&var-name=${row("name")}`;

function latency(share: number): string {
  return `histogram_quantile(${share}, sum by (le, direction) (rate(muster_decision_latency_seconds_bucket[$__rate_interval])))`;
}
