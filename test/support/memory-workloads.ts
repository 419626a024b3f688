import type { WorkloadReference } from "../../src/core/index.ts";
import { KubernetesError, type WorkloadState, type Workloads } from "../../src/kubernetes/ports.ts";

interface Change {
  readonly from: number;
  readonly to: number;
  readonly resourceVersion?: string;
}

/** Workloads that live in this process: resourceVersions, conflicts and watches as the real ones have them. */
export class MemoryWorkloads implements Workloads {
  readonly scalings: { readonly name: string; readonly from: number; readonly to: number; readonly at: number }[] = [];
  /** Called in place of a write where set: to fail it, or to hold it up. */
  interfere: ((name: string, change: Change, signal: AbortSignal) => Promise<void> | undefined) | undefined;
  /** Writes that have begun and not ended. */
  writing = 0;
  mostWritingAtOnce = 0;
  readonly #now: () => number;
  readonly #states = new Map<string, WorkloadState>();
  readonly #followers = new Map<string, Set<(state: WorkloadState) => void>>();
  #version = 1;

  constructor(now: () => number) {
    this.#now = now;
  }

  get followers(): number {
    return [...this.#followers.values()].reduce((sum, followers) => sum + followers.size, 0);
  }

  replicas(name: string): number | undefined {
    const state = this.#states.get(name);
    return state?.state === "present" ? state.replicas : undefined;
  }

  /** Somebody else sets the replicas, or makes the workload. */
  set(name: string, replicas: number, more: Partial<WorkloadState & { state: "present" }> = {}): void {
    this.#version += 1;
    const version = String(this.#version);
    this.show(name, { state: "present", uid: `uid-${name}`, resourceVersion: version, replicas, rivals: [], ...more });
  }

  show(name: string, state: WorkloadState): void {
    this.#states.set(name, state);
    for (const changed of this.#followers.get(name) ?? []) changed(state);
  }

  follow({ name }: WorkloadReference, changed: (state: WorkloadState) => void): { stop(): void } {
    const followers = this.#followers.get(name) ?? new Set();
    this.#followers.set(name, followers.add(changed));
    changed(this.#states.get(name) ?? { state: "missing" });
    return {
      stop: () => {
        followers.delete(changed);
        if (followers.size === 0) this.#followers.delete(name);
      },
    };
  }

  async scale({ name }: WorkloadReference, change: Change, signal: AbortSignal): Promise<void> {
    this.writing += 1;
    this.mostWritingAtOnce = Math.max(this.mostWritingAtOnce, this.writing);
    try {
      await this.interfere?.(name, change, signal);
      const state = this.#states.get(name);
      if (state?.state !== "present") throw new KubernetesError("NotFound", `there is no ${name}`, { status: 404 });
      if (change.resourceVersion !== undefined && change.resourceVersion !== state.resourceVersion) {
        throw new KubernetesError("Conflict", "the object has been modified", { status: 409 });
      }
      this.scalings.push({ name, from: state.replicas, to: change.to, at: this.#now() });
      this.set(name, change.to, { rivals: state.rivals });
    } finally {
      this.writing -= 1;
    }
  }
}
