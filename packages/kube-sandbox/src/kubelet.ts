import { type Happening, recordEvent } from "./controllers/workload-controller.ts";
import { type Fields, fieldsAt, type KubeObject, kubeTime, listAt, textAt } from "./objects.ts";
import type { Cluster } from "./rest/call.ts";

/** How a pod starts, runs and stops. */
export interface PodBehavior {
  /** Seconds from being scheduled to being ready (default 1). */
  readonly startSeconds?: number;
  /** Seconds from the end of its process to the end of the pod (default 0.2). */
  readonly stopSeconds?: number;
  /** Starts what the pod runs, once it is ready; `warn` records an event about the pod. Undefined: it only exists. */
  readonly run?: (warn: (reason: string, message: string) => void) => PodProcess | undefined;
}

export interface PodProcess {
  /** Resolves with its exit status when it ends by itself; absent: it runs until it is stopped. */
  readonly ended?: Promise<number>;
  /** Asks it to end, as SIGTERM does; resolves when it has. */
  stop(): Promise<void>;
  /** Ends it at once, as SIGKILL does. */
  kill(): Promise<void>;
}

/** Acts as scheduler and kubelet: gives pods a node, starts them after their time, and removes them when their process has ended. */
export class Kubelet {
  readonly #cluster: Cluster;
  readonly #behaviorOf: (pod: KubeObject) => PodBehavior;
  readonly #processes = new Map<string, PodProcess>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #stopping = new Set<string>();
  #unsubscribe: () => void = () => undefined;
  #addresses = 0;

  constructor(cluster: Cluster, behaviorOf: (pod: KubeObject) => PodBehavior) {
    this.#cluster = cluster;
    this.#behaviorOf = behaviorOf;
  }

  start(): void {
    const { store } = this.#cluster;
    for (const pod of store.list("pods")) this.#reconcile(pod);
    this.#unsubscribe = store.subscribe(({ resource, type, object }) => {
      if (resource !== "pods") return;
      if (type === "DELETED") this.#forget(object.metadata.uid);
      else this.#reconcile(object);
    });
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all([...this.#processes.keys()].map((uid) => this.#kill(uid)));
  }

  #reconcile(pod: KubeObject): void {
    const { uid, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) this.#end(pod);
    else if (textAt(pod, "spec", "nodeName") === "") this.#after(uid, 0, () => this.#schedule(pod));
    else if (textAt(pod, "status", "phase") === "Pending" && !this.#timers.has(uid)) {
      this.#after(uid, (this.#behaviorOf(pod).startSeconds ?? 1) * 1000, () => this.#run(pod));
    }
  }

  #schedule(pod: KubeObject): void {
    const current = this.#current(pod);
    if (current === undefined || textAt(current, "spec", "nodeName") !== "") return;
    const { namespace, name } = current.metadata;
    this.#cluster.store.put("pods", scheduledPod(current, this.#cluster.now()));
    this.#record(current, {
      reason: "Scheduled",
      message: `Successfully assigned ${namespace}/${name} to ${NODE_NAME}`,
      component: "default-scheduler",
    });
  }

  #run(pod: KubeObject): void {
    const current = this.#current(pod);
    if (current === undefined || current.metadata.deletionTimestamp !== undefined) return;
    this.#addresses = (this.#addresses + 1) % 65_000;
    const address = `10.42.${this.#addresses >> 8}.${this.#addresses & 255}`;
    const running = this.#cluster.store.put("pods", runningPod(current, this.#cluster.now(), address));
    this.#record(running, { reason: "Started", message: "Started container", component: "kubelet" });
    const warn = (reason: string, message: string): void =>
      this.#record(running, { type: "Warning", reason, message, component: "sandbox-worker" });
    const process = this.#behaviorOf(running).run?.(warn);
    if (process === undefined) return;
    this.#processes.set(pod.metadata.uid, process);
    void process.ended?.then((code) => this.#complete(running, process, code));
  }

  /** Its process ended by itself: the pod stays, and says how. */
  #complete(pod: KubeObject, process: PodProcess, code: number): void {
    const { uid } = pod.metadata;
    if (this.#processes.get(uid) !== process || this.#stopping.has(uid)) return;
    this.#processes.delete(uid);
    const current = this.#current(pod);
    if (current !== undefined) this.#cluster.store.put("pods", endedPod(current, this.#cluster.now(), code));
  }

  #end(pod: KubeObject): void {
    const { uid, deletionGracePeriodSeconds = 30 } = pod.metadata;
    const { stopSeconds = 0.2 } = this.#behaviorOf(pod);
    if (this.#stopping.has(uid)) return;
    this.#stopping.add(uid);
    this.#clearTimer(uid);
    this.#record(pod, { reason: "Killing", message: "Stopping container", component: "kubelet" });
    // The grace period limits the time that a pod may take, as with a real kubelet.
    this.#after(uid, deletionGracePeriodSeconds * 1000, () => this.#remove(pod));
    void this.#stopProcess(uid).then(() => {
      if (!this.#stopping.has(uid)) return;
      this.#clearTimer(uid);
      this.#after(uid, stopSeconds * 1000, () => this.#remove(pod));
    });
  }

  #remove(pod: KubeObject): void {
    const current = this.#current(pod);
    if (current === undefined) return;
    const { namespace, name, finalizers = [] } = current.metadata;
    if (finalizers.length === 0) this.#cluster.store.remove("pods", namespace, name);
  }

  #forget(uid: string): void {
    this.#clearTimer(uid);
    this.#stopping.delete(uid);
    void this.#kill(uid);
  }

  /** Waits for a pod's process to finish its current work. */
  async #stopProcess(uid: string): Promise<void> {
    await this.#processes.get(uid)?.stop();
    this.#processes.delete(uid);
  }

  async #kill(uid: string): Promise<void> {
    const process = this.#processes.get(uid);
    this.#processes.delete(uid);
    await process?.kill();
  }

  /** The current state of the pod; undefined if it is gone or another pod has its name. */
  #current(pod: KubeObject): KubeObject | undefined {
    const { uid, namespace, name } = pod.metadata;
    const current = this.#cluster.store.get("pods", namespace, name);
    return current?.metadata.uid === uid ? current : undefined;
  }

  #after(uid: string, milliseconds: number, act: () => void): void {
    if (this.#timers.has(uid)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(uid);
      act();
    }, milliseconds);
    this.#timers.set(uid, timer);
  }

  #clearTimer(uid: string): void {
    clearTimeout(this.#timers.get(uid));
    this.#timers.delete(uid);
  }

  #record(pod: KubeObject, happening: Happening): void {
    recordEvent(this.#cluster, pod, "Pod", happening);
  }
}

export const NODE_NAME = "sandbox";

const condition = (type: string, status: string, time: string, more: Fields = {}): Fields => {
  return { type, status, lastProbeTime: null, lastTransitionTime: time, ...more };
};

/** A pod with a node, whose containers are being created. */
function scheduledPod(pod: KubeObject, now: number): KubeObject {
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
      condition("Ready", "False", time, { reason: "ContainersNotReady" }),
      condition("ContainersReady", "False", time, { reason: "ContainersNotReady" }),
      condition("PodScheduled", "True", time),
    ],
    containerStatuses: containers,
  };
  return { ...pod, spec: { ...fieldsAt(pod, "spec"), nodeName: NODE_NAME }, status };
}

function runningPod(pod: KubeObject, now: number, address: string): KubeObject {
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

function endedPod(pod: KubeObject, now: number, exitCode: number): KubeObject {
  const time = kubeTime(now);
  const reason = exitCode === 0 ? "Completed" : "Error";
  const statuses = listAt(pod, "status", "containerStatuses").map((container) => {
    const startedAt = textAt(container, "state", "running", "startedAt") || time;
    const terminated = { exitCode, reason, startedAt, finishedAt: time };
    return { ...fieldsAt(container), ready: false, started: false, state: { terminated } };
  });
  const why = { reason: "PodCompleted" };
  const status = {
    ...fieldsAt(pod, "status"),
    phase: exitCode === 0 ? "Succeeded" : "Failed",
    conditions: [
      condition("Initialized", "True", time, why),
      condition("Ready", "False", time, why),
      condition("ContainersReady", "False", time, why),
      condition("PodScheduled", "True", time),
    ],
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
