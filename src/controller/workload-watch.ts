import type { WorkloadReference } from "../core/index.ts";
import type { WorkloadState, Workloads } from "../kubernetes/ports.ts";
import { workloadKey } from "./claims.ts";

const UNSEEN: WorkloadState = { state: "unknown", because: "nothing has been heard of it yet" };

/** What is known of the workload of one autoscaler, which may come to name another. */
export class WorkloadWatch {
  readonly #workloads: Workloads;
  readonly #changed: (fellAsleepOrWoke: boolean) => void;
  #target: WorkloadReference | undefined;
  #follower: { stop(): void } | undefined;
  #state = UNSEEN;

  constructor(workloads: Workloads, changed: (fellAsleepOrWoke: boolean) => void) {
    this.#workloads = workloads;
    this.#changed = changed;
  }

  get state(): WorkloadState {
    return this.#state;
  }

  /** Whether it is there and has no replicas. */
  get isAsleep(): boolean {
    return this.#state.state === "present" && this.#state.replicas === 0;
  }

  /** Follows this workload and no other. True: it is another one than before. */
  follow(target: WorkloadReference | undefined): boolean {
    if (isSame(target, this.#target)) return false;
    this.#follower?.stop();
    this.#follower = undefined;
    this.#target = undefined;
    this.#take(UNSEEN);
    if (target !== undefined) this.#follower = this.#workloads.follow(target, (state) => this.#take(state));
    this.#target = target;
    return true;
  }

  #take(state: WorkloadState): void {
    const wasAsleep = this.isAsleep;
    this.#state = state;
    this.#changed(this.isAsleep !== wasAsleep);
  }
}

function isSame(one: WorkloadReference | undefined, other: WorkloadReference | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.apiVersion === other.apiVersion && workloadKey(one) === workloadKey(other);
}
