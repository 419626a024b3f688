import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import {
  graphPanel,
  labelVariable,
  moments,
  newDashboard,
  numberPanel,
  timelinePanel,
  troublePanel,
} from "./panels.ts";

const ONE = '{namespace="$namespace",kind="$kind",name="$name"}';
const largest = (metric: string): string => `max(${metric}${ONE})`;
const bySignal = (metric: string): string => `max by (signal) (${metric}${ONE})`;

/** One autoscaler: what it read, what it made of that, and when it acted. */
export function autoscalerDashboard(): dashboard.Dashboard {
  const scaled = `max by (kind, namespace, name) (muster_last_scale_timestamp_seconds${ONE}) * 1000`;
  return newDashboard(
    "muster-autoscaler",
    "Muster / Autoscaler",
    "One autoscaler: what it read, what it made of that, and when it acted. `muster why` has the words.",
  )
    .withVariable(labelVariable("namespace", "muster_replicas_current").label("Namespace"))
    .withVariable(labelVariable("kind", 'muster_replicas_current{namespace="$namespace"}').label("Kind"))
    .withVariable(labelVariable("name", 'muster_replicas_current{namespace="$namespace",kind="$kind"}').label("Name"))
    .annotation(moments("Scalings", scaled, "{{name}} scaled", "blue"))
    .withPanel(
      numberPanel({ title: "Workers", about: "Replicas now.", queries: { now: largest("muster_replicas_current") } }),
    )
    .withPanel(
      numberPanel({
        title: "Desired",
        about: "After every limit.",
        queries: { desired: largest("muster_replicas_desired") },
      }),
    )
    .withPanel(
      numberPanel({
        title: "Bounds",
        about: "Those in force: a schedule may change them.",
        queries: { min: largest("muster_replicas_min"), max: largest("muster_replicas_max") },
      }),
    )
    .withPanel(
      numberPanel({
        title: "Value",
        about: "What its signals say: messages, or whatever they measure.",
        queries: { "{{signal}}": bySignal("muster_reading_value") },
      }),
    )
    .withPanel(
      numberPanel({
        title: "Last scaled",
        about: "How long ago.",
        unit: "s",
        queries: { ago: `time() - ${largest("muster_last_scale_timestamp_seconds")}` },
      }),
    )
    .withPanel(
      troublePanel({
        title: "Conditions that need attention",
        about: "Below it says which.",
        queries: {
          conditions: `count(max by (type, reason) (muster_autoscaler_condition${ONE})) or vector(0)`,
        },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Value",
        about: "The newest reading of each signal.",
        queries: { "{{signal}}": bySignal("muster_reading_value") },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Workers",
        about: "Replicas now, available and desired, between the bounds in force.",
        unit: "replicas",
        queries: {
          now: largest("muster_replicas_current"),
          available: largest("muster_replicas_available"),
          desired: largest("muster_replicas_desired"),
          min: largest("muster_replicas_min"),
          max: largest("muster_replicas_max"),
        },
      }),
    )
    .withPanel(
      graphPanel({
        title: "What each signal asks for",
        about: "Replicas before limits.",
        unit: "replicas",
        queries: { "{{signal}}": bySignal("muster_signal_recommended_replicas") },
      }),
    )
    .withPanel(
      timelinePanel({
        title: "What settled the number",
        about: "The rule that spoke last.",
        queries: { "{{rule}}": `max by (rule) (muster_replicas_desired${ONE}) >= bool 0` },
      }),
    )
    .withPanel(
      graphPanel({
        title: "Age of readings",
        about: "A queue that is waited on is always 0 s old.",
        unit: "s",
        queries: { "{{signal}}": bySignal("muster_reading_age_seconds") },
      }),
    )
    .withPanel(
      timelinePanel({
        title: "Trust",
        about: "How far each signal can be believed.",
        queries: { "{{signal}} {{trust}}": `max by (signal, trust) (muster_signal_trust${ONE})` },
      }),
    )
    .withPanel(
      timelinePanel({
        title: "Needs attention",
        about: "Conditions that somebody should know of, while they hold. Nothing: all is well.",
        queries: {
          "{{type}}: {{reason}}": `max by (type, reason) (muster_autoscaler_condition${ONE})`,
        },
      }),
    )
    .withPanel(
      timelinePanel({
        title: "Fallback",
        about: "1 while the fallback sets the number; of objects that have one.",
        queries: { fallback: largest("muster_fallback_active") },
      }),
    )
    .build();
}
