import { recordEvent } from "../controllers/event-recorder.ts";
import { textAt } from "../objects/fields.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import type { Cluster } from "../rest/cluster.ts";
import type { Change } from "../store/change.ts";
import { type PodDefaults, podSimulation } from "./pod-annotations.ts";
import { NODE_NAME, runningPod, scheduledPod } from "./pod-status.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** Plays scheduler and kubelet: pods get a node, start after their time, and stop once their worker is done. */
export class PodLifecycle {
  readonly #cluster: Cluster;
  readonly #workers: WorkerPool;
  readonly #defaults: PodDefaults;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #stopping = new Set<string>();
  #unsubscribe: () => void = () => undefined;
  #addresses = 0;

  constructor(cluster: Cluster, workers: WorkerPool, defaults: PodDefaults) {
    this.#cluster = cluster;
    this.#workers = workers;
    this.#defaults = defaults;
  }

  start(): void {
    const { store } = this.#cluster;
    for (const pod of store.list("pods")) this.#look(pod);
    this.#unsubscribe = store.subscribe((change) => this.#observe(change));
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await this.#workers.close();
  }

  #observe({ resource, type, object }: Change): void {
    if (resource !== "pods") return;
    if (type === "DELETED") this.#forget(object.metadata.uid);
    else this.#look(object);
  }

  #look(pod: KubeObject): void {
    const { uid, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) this.#end(pod);
    else if (textAt(pod, "spec", "nodeName") === "") this.#after(uid, 0, () => this.#schedule(uid, pod));
    else if (textAt(pod, "status", "phase") === "Pending" && !this.#timers.has(uid)) this.#startLater(pod);
  }

  #schedule(uid: string, pod: KubeObject): void {
    const current = this.#current(pod);
    if (current?.metadata.uid !== uid || textAt(current, "spec", "nodeName") !== "") return;
    const { namespace, name } = current.metadata;
    this.#cluster.store.put("pods", scheduledPod(current, this.#cluster.now()));
    this.#tell(current, "Scheduled", `Successfully assigned ${namespace}/${name} to ${NODE_NAME}`, "default-scheduler");
  }

  #startLater(pod: KubeObject): void {
    const { startSeconds } = podSimulation(pod, this.#defaults);
    this.#after(pod.metadata.uid, startSeconds * 1000, () => this.#run(pod));
  }

  #run(pod: KubeObject): void {
    const current = this.#current(pod);
    if (current === undefined || current.metadata.deletionTimestamp !== undefined) return;
    this.#addresses = (this.#addresses + 1) % 65_000;
    const address = `10.42.${this.#addresses >> 8}.${this.#addresses & 255}`;
    const running = this.#cluster.store.put("pods", runningPod(current, this.#cluster.now(), address));
    this.#tell(running, "Started", "Started container", "kubelet");
    this.#workers.start(running, podSimulation(running, this.#defaults));
  }

  #end(pod: KubeObject): void {
    const { uid, deletionGracePeriodSeconds = 30 } = pod.metadata;
    if (this.#stopping.has(uid)) return;
    this.#stopping.add(uid);
    this.#clearTimer(uid);
    this.#tell(pod, "Killing", "Stopping container", "kubelet");
    // The grace period is the longest that a pod may take, as with a real kubelet.
    this.#after(uid, deletionGracePeriodSeconds * 1000, () => this.#remove(pod));
    void this.#workers.stop(uid).then(() => {
      if (!this.#stopping.has(uid)) return;
      this.#clearTimer(uid);
      this.#after(uid, podSimulation(pod, this.#defaults).stopSeconds * 1000, () => this.#remove(pod));
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
    void this.#workers.kill(uid);
  }

  /** The pod as it is now; undefined where it is gone, or another has its name. */
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

  #tell(pod: KubeObject, reason: string, message: string, component: string): void {
    recordEvent(this.#cluster, pod, "Pod", { reason, message, component });
  }
}
