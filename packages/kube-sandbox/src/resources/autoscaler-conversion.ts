import { type Fields, fieldsAt, listAt, numberAt, textAt, without } from "../objects/fields.ts";

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
