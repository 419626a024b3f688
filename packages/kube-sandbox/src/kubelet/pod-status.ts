import { type Fields, fieldsAt, listAt, textAt } from "../objects/fields.ts";
import { type KubeObject, kubeTime } from "../objects/kube-object.ts";

/** The node on which simulated pods run. */
export const NODE_NAME = "sandbox";

const condition = (type: string, status: string, time: string): Fields => ({
  type,
  status,
  lastProbeTime: null,
  lastTransitionTime: time,
});

/** A pod that has a node, and whose containers are being made. */
export function scheduledPod(pod: KubeObject, now: number): KubeObject {
  const time = kubeTime(now);
  const containers = listAt(pod, "spec", "containers").map((container) => ({
    name: textAt(container, "name"),
    image: textAt(container, "image"),
    imageID: "",
    ready: false,
    started: false,
    restartCount: 0,
    state: { waiting: { reason: "ContainerCreating" } },
    lastState: {},
  }));
  const status = {
    ...fieldsAt(pod, "status"),
    phase: "Pending",
    startTime: time,
    conditions: [
      condition("Initialized", "True", time),
      { ...condition("Ready", "False", time), reason: "ContainersNotReady" },
      { ...condition("ContainersReady", "False", time), reason: "ContainersNotReady" },
      condition("PodScheduled", "True", time),
    ],
    containerStatuses: containers,
  };
  return { ...pod, spec: { ...fieldsAt(pod, "spec"), nodeName: NODE_NAME }, status };
}

/** A pod whose containers run and are ready. */
export function runningPod(pod: KubeObject, now: number, address: string): KubeObject {
  const time = kubeTime(now);
  const statuses = listAt(pod, "status", "containerStatuses").map((container) => ({
    ...fieldsAt(container),
    imageID: textAt(container, "image"),
    containerID: `sandbox://${pod.metadata.uid}`,
    ready: true,
    started: true,
    state: { running: { startedAt: time } },
  }));
  const status = {
    ...fieldsAt(pod, "status"),
    phase: "Running",
    hostIP: "127.0.0.1",
    podIP: address,
    podIPs: [{ ip: address }],
    conditions: ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) =>
      condition(type, "True", time),
    ),
    containerStatuses: statuses,
  };
  return { ...pod, status };
}

/** The node itself, for `kubectl get nodes`. */
export function sandboxNode(now: number): KubeObject {
  const time = kubeTime(now);
  const metadata = { name: NODE_NAME, uid: "00000000-0000-4000-8000-000000000001", resourceVersion: "" };
  const ready = {
    type: "Ready",
    status: "True",
    reason: "KubeletReady",
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { ...metadata, creationTimestamp: time, labels: { "kubernetes.io/hostname": NODE_NAME } },
    spec: {},
    status: { conditions: [ready], nodeInfo: { kubeletVersion: "v1.32.0+kube-sandbox" } },
  };
}
