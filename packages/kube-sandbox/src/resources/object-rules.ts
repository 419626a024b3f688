import {
  equal,
  type Fields,
  fieldsAt,
  type KubeObject,
  listAt,
  numberAt,
  textAt,
  valueAt,
  without,
} from "../objects.ts";
import { badRequest, duplicate, type FieldError, invalidValue, required } from "../rest/status-error.ts";
import { selectorTest } from "./selectors.ts";

function withTemplate(object: KubeObject, defaults: Fields): KubeObject {
  const spec = fieldsAt(object, "spec");
  const template = fieldsAt(spec, "template");
  const pod = podSpecDefaults(fieldsAt(template, "spec"));
  const metadata = { creationTimestamp: null, ...fieldsAt(template, "metadata") };
  const replicas = numberAt(spec, "replicas") ?? 1;
  return { ...object, spec: { ...defaults, ...spec, replicas, template: { ...template, metadata, spec: pod } } };
}

export function prepareDeployment(object: KubeObject): KubeObject {
  const filled = withTemplate(object, { revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
  const spec = { ...fieldsAt(filled, "spec"), strategy: strategyOf(object) };
  return { ...filled, spec, status: fieldsAt(object, "status") };
}

function strategyOf(deployment: KubeObject): Fields {
  const given = fieldsAt(deployment, "spec", "strategy");
  const { type = "RollingUpdate" } = given;
  if (type !== "RollingUpdate") return { ...given, type };
  return { type, rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%", ...fieldsAt(given, "rollingUpdate") } };
}

export function prepareReplicaSet(object: KubeObject): KubeObject {
  return { ...withTemplate(object, {}), status: { replicas: 0, ...fieldsAt(object, "status") } };
}

export function prepareStatefulSet(object: KubeObject): KubeObject {
  const filled = withTemplate(object, {
    podManagementPolicy: "OrderedReady",
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
    revisionHistoryLimit: 10,
  });
  return { ...filled, status: { replicas: 0, availableReplicas: 0, ...fieldsAt(object, "status") } };
}

/** The problems of a Deployment, ReplicaSet or StatefulSet that the sandbox checks. */
export function checkWorkload(object: KubeObject, previous: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(object, "spec");
  const replicas = numberAt(spec, "replicas") ?? 0;
  return [
    ...(replicas < 0 ? [invalidValue("spec.replicas", replicas, "must be greater than or equal to 0")] : []),
    ...selectorErrors(spec, previous),
    ...podSpecErrors(fieldsAt(spec, "template", "spec"), "spec.template.spec"),
  ];
}

function selectorErrors(spec: Fields, previous: KubeObject | undefined): readonly FieldError[] {
  if (valueAt(spec, "selector") === undefined) return [required("spec.selector")];
  const selector = fieldsAt(spec, "selector");
  if (Object.keys(fieldsAt(selector, "matchLabels")).length + listAt(selector, "matchExpressions").length === 0) {
    return [invalidValue("spec.selector", selector, "empty selector is invalid for deployment")];
  }
  const labels = fieldsAt(spec, "template", "metadata", "labels");
  const isOther = previous !== undefined && !equal(fieldsAt(previous, "spec", "selector"), selector);
  const mismatch = "`selector` does not match template `labels`";
  return [
    ...(selectorTest(selector)(labels) ? [] : [invalidValue("spec.template.metadata.labels", labels, mismatch)]),
    ...(isOther ? [invalidValue("spec.selector", selector, "field is immutable")] : []),
  ];
}

/** The pods carry the Job's name; a Job's pods are its own by their owner alone. */
export function prepareJob(job: KubeObject): KubeObject {
  const labels = { "batch.kubernetes.io/job-name": job.metadata.name, "job-name": job.metadata.name };
  const spec = fieldsAt(job, "spec");
  const template = fieldsAt(spec, "template");
  const metadata = { creationTimestamp: null, ...fieldsAt(template, "metadata") };
  const filled = {
    ...{ parallelism: 1, completions: 1, backoffLimit: 6, suspend: false, selector: { matchLabels: labels } },
    ...spec,
    template: {
      ...template,
      metadata: { ...metadata, labels: { ...fieldsAt(metadata, "labels"), ...labels } },
      spec: podSpecDefaults(fieldsAt(template, "spec")),
    },
  };
  return { ...job, spec: filled, status: fieldsAt(job, "status") };
}

/** The problems of a Job that the sandbox checks. */
export function checkJob(job: KubeObject): readonly FieldError[] {
  const pod = fieldsAt(job, "spec", "template", "spec");
  const { restartPolicy } = pod;
  const path = "spec.template.spec";
  const isKnown = restartPolicy === "Never" || restartPolicy === "OnFailure";
  const wrong = invalidValue(`${path}.restartPolicy`, restartPolicy, 'supported values: "OnFailure", "Never"');
  return [...(isKnown ? [] : [wrong]), ...podSpecErrors(pod, path)];
}

export function preparePod(pod: KubeObject): KubeObject {
  const status = { phase: "Pending", qosClass: "BestEffort", ...fieldsAt(pod, "status") };
  return { ...pod, spec: podSpecDefaults(fieldsAt(pod, "spec")), status };
}

export const checkPod = (pod: KubeObject) => podSpecErrors(fieldsAt(pod, "spec"), "spec");

/** The seconds that a pod may take to stop. One that never ran stops at once. */
export function podGraceSeconds(pod: KubeObject): number {
  if (textAt(pod, "spec", "nodeName") === "") return 0;
  return numberAt(pod, "spec", "terminationGracePeriodSeconds") ?? 30;
}

function podSpecDefaults(spec: Fields): Fields {
  const containers = listAt(spec, "containers").map((container) => containerDefaults(fieldsAt(container)));
  return {
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    securityContext: {},
    schedulerName: "default-scheduler",
    ...spec,
    ...(Array.isArray(spec.containers) && { containers }),
  };
}

function containerDefaults(container: Fields): Fields {
  const image = textAt(container, "image");
  const floating = image.endsWith(":latest") || !/[:@][^/]*$/.test(image);
  return {
    resources: {},
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: floating ? "Always" : "IfNotPresent",
    ...container,
    ...(Array.isArray(container.ports) && {
      ports: container.ports.map((port) => ({ protocol: "TCP", ...fieldsAt(port) })),
    }),
  };
}

/** The problems of a pod's spec that the sandbox checks. */
function podSpecErrors(spec: Fields, path: string): readonly FieldError[] {
  const containers = listAt(spec, "containers");
  if (containers.length === 0) return [required(`${path}.containers`)];
  return containers.flatMap((container, index) => {
    const at = `${path}.containers[${index}]`;
    const name = textAt(container, "name");
    const before = containers.slice(0, index).some((other) => textAt(other, "name") === name);
    return [
      ...(name === "" ? [required(`${at}.name`)] : []),
      ...(name !== "" && before ? [duplicate(`${at}.name`, name)] : []),
      ...(textAt(container, "image") === "" ? [required(`${at}.image`)] : []),
    ];
  });
}

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

/** Moves the write-only `stringData` into `data`, as base64. */
export function prepareSecret(secret: KubeObject): KubeObject {
  const base64 = (text: unknown) => Buffer.from(String(text)).toString("base64");
  const written = Object.entries(fieldsAt(secret, "stringData")).map(([name, text]) => [name, base64(text)]);
  const data = { ...fieldsAt(secret, "data"), ...Object.fromEntries(written) };
  const kept = { ...without(secret, "stringData", "data"), type: textAt(secret, "type") || "Opaque" };
  return { ...kept, ...(Object.keys(data).length > 0 && { data }) } as unknown as KubeObject;
}

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

/** Events without eventTime, as the core group's API makes them, may lack some fields. */
const isOldEvent = (event: KubeObject): boolean => (valueAt(event, "eventTime") ?? null) === null;

export function checkEvent(event: KubeObject, previous: KubeObject | undefined): readonly FieldError[] {
  const namespace = textAt(event, "involvedObject", "namespace");
  const own = event.metadata.namespace;
  const fits = namespace === "" ? own === "default" || own === "kube-system" : namespace === own;
  const errors = fits ? [] : [invalidValue("involvedObject.namespace", namespace, "does not match event.namespace")];
  if (isOldEvent(event) || previous !== undefined) return errors;
  const missing = ["reportingComponent", "reportingInstance", "action", "reason"].filter(
    (field) => textAt(event, field) === "",
  );
  return [...errors, ...missing.map((field) => required(NEW_NAMES[field] ?? field))];
}

/** The same for an event of events.k8s.io. */
export function checkNewEvent(event: KubeObject, previous: KubeObject | undefined): readonly FieldError[] {
  const errors = checkEvent(event, previous);
  return isOldEvent(event) && previous === undefined ? [required("eventTime"), ...errors] : errors;
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
  const seconds = numberAt(lease, "spec", "leaseDurationSeconds") ?? 1;
  const transitions = numberAt(lease, "spec", "leaseTransitions") ?? 0;
  return [
    ...(seconds > 0 ? [] : [invalidValue("spec.leaseDurationSeconds", seconds, "must be greater than 0")]),
    ...(transitions >= 0
      ? []
      : [invalidValue("spec.leaseTransitions", transitions, "must be greater than or equal to 0")]),
  ];
}

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

const renameFields = (names: Readonly<Record<string, string>>) => (event: Fields) =>
  Object.fromEntries(Object.entries(event).map(([name, value]) => [names[name] ?? name, value]));

/** Converts a stored (core v1) event to events.k8s.io/v1. */
export const eventFromStored = renameFields(NEW_NAMES);
/** Converts an events.k8s.io/v1 event to its stored form. */
export const eventToStored = renameFields(OLD_NAMES);

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
