import { fieldsAt, listAt, numberAt, textAt, valueAt, without, withValue } from "../objects/fields.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import { badRequest } from "../rest/status-error.ts";
import { type FieldError, invalidValue, required } from "../schema/field-error.ts";

export function prepareNamespace(namespace: KubeObject, previous: KubeObject | undefined): KubeObject {
  const { name, labels } = namespace.metadata;
  const phase = textAt(previous, "status", "phase") || "Active";
  return {
    ...namespace,
    metadata: { ...namespace.metadata, labels: { ...labels, "kubernetes.io/metadata.name": name } },
    spec: { finalizers: ["kubernetes"] },
    status: { ...fieldsAt(namespace, "status"), phase },
  };
}

/** `stringData` is write-only: it ends up in `data`, as base64. */
export function prepareSecret(secret: KubeObject): KubeObject {
  const written = Object.entries(fieldsAt(secret, "stringData")).map(([name, text]) => [
    name,
    Buffer.from(String(text)).toString("base64"),
  ]);
  const data = { ...fieldsAt(secret, "data"), ...Object.fromEntries(written) };
  const kept = without(secret, "stringData", "data");
  return {
    ...kept,
    type: textAt(secret, "type") || "Opaque",
    ...(Object.keys(data).length > 0 && { data }),
  } as unknown as KubeObject;
}

/** What a HorizontalPodAutoscaler goes by that names nothing. */
const CPU_AT_80 = {
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
};

export function prepareAutoscaler(autoscaler: KubeObject): KubeObject {
  const written = fieldsAt(autoscaler, "spec");
  const metrics = listAt(written, "metrics");
  const spec = { minReplicas: 1, ...written, metrics: metrics.length === 0 ? [CPU_AT_80] : metrics };
  return { ...autoscaler, spec, status: { currentReplicas: 0, desiredReplicas: 0, ...fieldsAt(autoscaler, "status") } };
}

export function prepareService(service: KubeObject): KubeObject {
  const spec = { type: "ClusterIP", clusterIP: "None", sessionAffinity: "None", ...fieldsAt(service, "spec") };
  return { ...service, spec, status: { loadBalancer: {}, ...fieldsAt(service, "status") } };
}

/** Fields that the core group's events always show. */
export function prepareEvent(event: KubeObject): KubeObject {
  return { source: {}, eventTime: null, reportingComponent: "", reportingInstance: "", ...event };
}

export function checkEvent(event: KubeObject, previous: KubeObject | undefined): readonly FieldError[] {
  const namespace = textAt(event, "involvedObject", "namespace");
  const own = event.metadata.namespace;
  const fits = namespace === "" ? own === "default" || own === "kube-system" : namespace === own;
  const errors = fits ? [] : [invalidValue("involvedObject.namespace", namespace, "does not match event.namespace")];
  // Old events, without a time of their own, may leave the rest out.
  const isOld = (valueAt(event, "eventTime") ?? null) === null;
  return isOld || previous !== undefined ? errors : [...errors, ...missingFields(event)];
}

/** What an event of events.k8s.io must have and does not. */
export function checkNewEvent(event: KubeObject, previous: KubeObject | undefined): readonly FieldError[] {
  const errors = checkEvent(event, previous);
  const isOld = (valueAt(event, "eventTime") ?? null) === null;
  return isOld && previous === undefined ? [required("eventTime"), ...errors] : errors;
}

function missingFields(event: KubeObject): readonly FieldError[] {
  const fields = [
    ["reportingController", "reportingComponent"],
    ["reportingInstance", "reportingInstance"],
    ["action", "action"],
    ["reason", "reason"],
  ];
  return fields.flatMap(([shown = "", stored = ""]) => (textAt(event, stored) === "" ? [required(shown)] : []));
}

const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;

export function checkLease(lease: KubeObject): readonly FieldError[] {
  for (const field of ["renewTime", "acquireTime"]) {
    const time = textAt(lease, "spec", field);
    if (time === "" || MICRO_TIME.test(time)) continue;
    const layout = "2006-01-02T15:04:05.000000Z07:00";
    const problem = `parsing time "${time}" as "${layout}": cannot parse "${time.slice(19)}" as ".000000"`;
    throw badRequest(`Lease in version "v1" cannot be handled as a Lease: ${problem}`);
  }
  const positive = (field: string): readonly FieldError[] => {
    const value = numberAt(lease, "spec", field);
    return value === undefined || value > 0 ? [] : [invalidValue(`spec.${field}`, value, "must be greater than 0")];
  };
  const transitions = numberAt(lease, "spec", "leaseTransitions") ?? 0;
  const field = "spec.leaseTransitions";
  const negative = transitions < 0 ? [invalidValue(field, transitions, "must be greater than or equal to 0")] : [];
  return [...positive("leaseDurationSeconds"), ...negative];
}

/** Sets a default without touching what is there. */
export function withDefault(object: KubeObject, path: readonly string[], value: unknown): KubeObject {
  const current = valueAt(object, ...path);
  return current === undefined || current === null ? (withValue(object, path, value) as KubeObject) : object;
}
