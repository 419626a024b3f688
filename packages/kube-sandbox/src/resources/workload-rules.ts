import { equal } from "../objects/equal.ts";
import { type Fields, fieldsAt, listAt, numberAt, valueAt } from "../objects/fields.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import { type FieldError, invalidValue, required } from "../schema/field-error.ts";
import { selectorTest } from "./label-selector.ts";
import { podSpecDefaults, podSpecErrors } from "./pod-rules.ts";

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

/** What is wrong with a Deployment, ReplicaSet or StatefulSet, as far as the sandbox looks. */
export function checkWorkload(object: KubeObject, previous: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(object, "spec");
  const replicas = numberAt(spec, "replicas") ?? 0;
  const tooFew = replicas < 0 ? [invalidValue("spec.replicas", replicas, "must be greater than or equal to 0")] : [];
  return [
    ...tooFew,
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
  const errors: FieldError[] = [];
  const labels = fieldsAt(spec, "template", "metadata", "labels");
  if (!selectorTest(selector)(labels)) {
    const text = "`selector` does not match template `labels`";
    errors.push(invalidValue("spec.template.metadata.labels", labels, text));
  }
  if (previous !== undefined && !equal(fieldsAt(previous, "spec", "selector"), selector)) {
    errors.push(invalidValue("spec.selector", selector, "field is immutable"));
  }
  return errors;
}
