import { type Fields, fieldsAt, listAt, numberAt, textAt, without } from "../objects/fields.ts";

/** By field of the core group's events: what events.k8s.io calls it. */
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

/** A stored (core v1) event as events.k8s.io/v1 shows it. */
export function eventFromStored(event: Fields): Fields {
  return renamed(event, NEW_NAMES);
}

/** An events.k8s.io/v1 event as it is stored. */
export function eventToStored(event: Fields): Fields {
  return renamed(event, OLD_NAMES);
}

function renamed(event: Fields, names: Readonly<Record<string, string>>): Fields {
  return Object.fromEntries(Object.entries(event).map(([name, value]) => [names[name] ?? name, value]));
}

/** A stored (autoscaling/v2) HorizontalPodAutoscaler as autoscaling/v1 shows it: CPU alone. */
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

/** An autoscaling/v1 HorizontalPodAutoscaler as it is stored. */
export function autoscalerToStored(autoscaler: Fields): Fields {
  const spec = fieldsAt(autoscaler, "spec");
  const percent = numberAt(spec, "targetCPUUtilizationPercentage");
  const target = { type: "Utilization", averageUtilization: percent };
  const metrics = percent === undefined ? [] : [{ type: "Resource", resource: { name: "cpu", target } }];
  return { ...autoscaler, spec: { ...without(spec, "targetCPUUtilizationPercentage"), metrics } };
}
