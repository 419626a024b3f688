import { type Fields, fieldsAt, listAt, numberAt, textAt } from "../objects/fields.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import { duplicate, type FieldError, required } from "../schema/field-error.ts";

export function preparePod(pod: KubeObject): KubeObject {
  const status = { phase: "Pending", qosClass: "BestEffort", ...fieldsAt(pod, "status") };
  return { ...pod, spec: podSpecDefaults(fieldsAt(pod, "spec")), status };
}

export function checkPod(pod: KubeObject): readonly FieldError[] {
  return podSpecErrors(fieldsAt(pod, "spec"), "spec");
}

/** How long a pod may take to stop. One that never ran stops at once. */
export function podGraceSeconds(pod: KubeObject): number {
  if (textAt(pod, "spec", "nodeName") === "") return 0;
  return numberAt(pod, "spec", "terminationGracePeriodSeconds") ?? 30;
}

/** The defaults of a pod's spec. */
export function podSpecDefaults(spec: Fields): Fields {
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

/** What is wrong with a pod's spec, as far as the sandbox looks. */
export function podSpecErrors(spec: Fields, path: string): readonly FieldError[] {
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
