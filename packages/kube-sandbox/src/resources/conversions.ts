import { type Fields, fieldsAt, listAt, numberAt, textAt, without } from "../objects/fields.ts";

/** Fields of the core group's events, and their names in events.k8s.io. */
const NEW_NAMES: Readonly<Record<string, string>> = {
  involvedObject: "regarding",
  message: "note",
  reportingComponent: "reportingController",
  count: "deprecatedCount",
  firstTimestamp: "deprecatedFirstTimestamp",
  lastTimestamp: "deprecatedLastTimestamp",
  source: "deprecatedSource",
};
const OLD_NAMES = Object.fromEntries(Object.entries(NEW_NAMES).map(([before, after]) => [after, before]));

/** Converts a stored (core v1) event to events.k8s.io/v1. */
export function eventFromStored(event: Fields): Fields {
  return renamed(event, NEW_NAMES);
}

/** Converts an events.k8s.io/v1 event to its stored form. */
export function eventToStored(event: Fields): Fields {
  return renamed(event, OLD_NAMES);
}

function renamed(event: Fields, names: Readonly<Record<string, string>>): Fields {
  return Object.fromEntries(Object.entries(event).map(([name, value]) => [names[name] ?? name, value]));
}

/** Converts a stored (autoscaling/v2) HorizontalPodAutoscaler to autoscaling/v1, which has only CPU. */
export function autoscalerFromStored(autoscaler: Fields): Fields {
  const spec = fieldsAt(autoscaler, "spec");
  const cpu = listAt(spec, "metrics").find((metric) => textAt(metric, "resource", "name") === "cpu");
  const percent = numberAt(cpu, "resource", "target", "averageUtilization");
  const shown = without(spec, "metrics", "behavior");
  return {
    ...autoscaler,
    spec: { ...shown, ...(percent !== undefined && { targetCPUUtilizationPercentage: percent }) },
  };
}

/** Converts an autoscaling/v1 HorizontalPodAutoscaler to its stored form. */
export function autoscalerToStored(autoscaler: Fields): Fields {
  const spec = fieldsAt(autoscaler, "spec");
  const percent = numberAt(spec, "targetCPUUtilizationPercentage");
  const target = { type: "Utilization", averageUtilization: percent };
  const metrics = percent === undefined ? [] : [{ type: "Resource", resource: { name: "cpu", target } }];
  return { ...autoscaler, spec: { ...without(spec, "targetCPUUtilizationPercentage"), metrics } };
}
