import type { WorkloadReference } from "../core/index.ts";
import type { WorkloadState, Workloads } from "../kubernetes/ports/workloads.ts";
import { workloadKey } from "./claims.ts";

const UNSEEN: WorkloadState = { state: "unknown", because: "nothing has been heard of it yet" };

/** What is known of the workload of one autoscaler, which may come to name another. */
export class WorkloadWatch {
  readonly #workloads: Workloads;
  readonly #changed: (fellAsleepOrWoke: boolean) => void;
  #following: { readonly key: string; stop(): void } | undefined;
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
    const key = target === undefined ? undefined : `${target.apiVersion}/${workloadKey(target)}`;
    if (key === this.#following?.key) return false;
    this.#following?.stop();
    this.#following = undefined;
    this.#take(UNSEEN);
    if (target === undefined || key === undefined) return true;
    const follower = this.#workloads.follow(target, (state) => this.#take(state));
    this.#following = { key, stop: () => follower.stop() };
    return true;
  }

  #take(state: WorkloadState): void {
    const wasAsleep = this.isAsleep;
    this.#state = state;
    this.#changed(this.isAsleep !== wasAsleep);
  }
}
