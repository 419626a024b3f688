import type { WorkerPod } from "../../src/core/index.ts";
import type { MarkedPod, PodReference, Pods, WorkloadPods } from "../../src/kubernetes/ports.ts";
import type { Timers } from "../../src/shared/async.ts";

/** Pods of one Deployment in memory, which are stopped by their costs a moment after its scale was written. */
export class MemoryPods implements Pods {
  #pods: readonly WorkerPod[];
  #version = 1;
  replicas: number;
  /** How often the pods of the workload, or all marked ones, were listed. */
  lists = 0;
  /** Milliseconds from the scale to the deletion, and from there to the pod's end. */
  readonly takes = { deletion: 300, ending: 1_000 };
  /** Each pod that is told to stop. */
  told: (pod: string) => void = () => undefined;
  readonly #timers: Timers;

  constructor(names: readonly string[], timers: Timers) {
    this.#timers = timers;
    this.replicas = names.length;
    this.#pods = names.map((name) => ({
      ...{ name, uid: `uid-${name}`, resourceVersion: "1", node: "node-1", phase: "Running", isReady: true },
      ...{ restarts: 0, createdAt: 0, owner: { kind: "ReplicaSet", uid: "rs" }, isEnding: false },
    }));
  }

  get pods(): readonly WorkerPod[] {
    return this.#pods;
  }

  async list(): Promise<WorkloadPods> {
    this.lists += 1;
    return { replicas: this.replicas, resourceVersion: "1", pods: this.#pods };
  }

  async listMarked(): Promise<readonly MarkedPod[]> {
    this.lists += 1;
    const owner = { kind: "ReplicaSet", name: "mailer-1234" };
    const isMarked = ({ deletionCost }: WorkerPod) => deletionCost?.isOurs === true;
    return this.#pods.filter(isMarked).map((pod) => ({ namespace: "shop", owner, pod }));
  }

  async ordersByCost(): Promise<boolean> {
    return true;
  }

  async mark(_: string, { uid, name }: WorkerPod, cost: number | undefined): Promise<WorkerPod | undefined> {
    if (name === this.protects)
      return { ...this.#pods.find((pod) => pod.uid === uid), protectedUntil: "forever" } as WorkerPod;
    return this.#change(uid, ({ deletionCost: _cost, ...pod }) =>
      cost === undefined ? pod : { ...pod, deletionCost: { value: cost, isOurs: true } },
    );
  }

  /** Protects itself right before it would be marked, and has done its work a moment later. */
  protects: string | undefined;

  /** Another controller writes the cost of a pod. */
  write(name: string, cost: number): void {
    const deletionCost = { value: cost, isOurs: false };
    this.#change(`uid-${name}`, (pod) => ({ ...pod, deletionCost }));
  }

  async find({ name }: PodReference): Promise<WorkerPod | undefined> {
    return this.#pods.find((pod) => pod.name === name);
  }

  async protect(): Promise<"gone"> {
    return "gone";
  }

  scale(replicas: number): void {
    this.replicas = replicas;
    this.#timers.after(this.takes.deletion, () => {
      const present = this.#pods.filter(({ isEnding }) => !isEnding);
      const cost = ({ deletionCost }: WorkerPod) => deletionCost?.value ?? 0;
      const going = [...present].sort((one, other) => cost(one) - cost(other)).slice(0, present.length - replicas);
      for (const { uid, name } of going) {
        this.#change(uid, (pod) => ({ ...pod, isEnding: true }));
        this.told(name);
        this.#timers.after(this.takes.ending, () => {
          this.#pods = this.#pods.filter((pod) => pod.uid !== uid);
        });
      }
    });
  }

  #change(uid: string, change: (pod: WorkerPod) => WorkerPod): WorkerPod | undefined {
    this.#version += 1;
    this.#pods = this.#pods.map((pod) =>
      pod.uid === uid ? { ...change(pod), resourceVersion: String(this.#version) } : pod,
    );
    return this.#pods.find((pod) => pod.uid === uid);
  }
}
