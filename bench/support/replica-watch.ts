import type { Cluster } from "./cluster.ts";

const PATIENCE_MS = 60_000;

/** Waits for Deployments to reach a count, by a watch, and tells the moment of the event. */
export class ReplicaWatch {
  readonly #waiting = new Map<string, { wanted: (replicas: number) => boolean; reached: (at: number) => void }>();
  #watch: { stop(): void } | undefined;

  static async open(cluster: Cluster): Promise<ReplicaWatch> {
    const replicaWatch = new ReplicaWatch();
    replicaWatch.#watch = await cluster.watch((name, replicas) => replicaWatch.#seen(name, replicas));
    return replicaWatch;
  }

  /** Resolves with performance.now() of the first event from now on whose count is wanted. */
  until(name: string, wanted: (replicas: number) => boolean): Promise<number> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`${name} was not scaled within ${PATIENCE_MS / 1000} s`)),
        PATIENCE_MS,
      );
      this.#waiting.set(name, {
        wanted,
        reached: (at) => {
          clearTimeout(late);
          this.#waiting.delete(name);
          resolve(at);
        },
      });
    });
  }

  close(): void {
    this.#watch?.stop();
  }

  #seen(name: string, replicas: number): void {
    const waiting = this.#waiting.get(name);
    if (waiting?.wanted(replicas)) waiting.reached(performance.now());
  }
}
