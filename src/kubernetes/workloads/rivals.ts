import type { WorkloadReference } from "../../core/index.ts";
import { objectKey } from "../objects.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { WatchCache, type WatchHealth } from "../watch/watch-cache.ts";

/** autoscaling/v1 has the target of every HorizontalPodAutoscaler and is served by every version of Kubernetes. */
const RESOURCE = { group: "autoscaling", version: "v1", plural: "horizontalpodautoscalers" };
const NONE: readonly string[] = [];

/**
 * The HorizontalPodAutoscalers that scale a workload too. Where they may not be watched, none are known and all else
 * goes on.
 */
export class Rivals {
  readonly #byTarget = new Map<string, Set<string>>();
  readonly #cache: WatchCache<string>;

  /** `changed` is called with the targetKey of a workload whose rivals changed. */
  constructor(client: ApiClient, namespace: string | undefined, changed: (target: string) => void) {
    this.#cache = new WatchCache({
      client,
      resource: RESOURCE,
      namespace,
      trim: ({ metadata, spec }) => targetOf(metadata.namespace, spec),
      changed: (key, now, before) => {
        if (now?.value === before?.value) return;
        if (before !== undefined) this.#remove(before.value, key);
        if (now !== undefined) this.#add(now.value, key);
        for (const target of [before?.value, now?.value]) if (target) changed(target);
      },
    });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#cache.run(signal);
  }

  of(target: string): readonly string[] {
    const keys = this.#byTarget.get(target);
    return keys === undefined ? NONE : [...keys].map((key) => `HorizontalPodAutoscaler ${key}`).sort();
  }

  health(): WatchHealth {
    return this.#cache.health();
  }

  #add(target: string, key: string): void {
    const known = this.#byTarget.get(target);
    if (known === undefined) this.#byTarget.set(target, new Set([key]));
    else known.add(key);
  }

  #remove(target: string, key: string): void {
    const known = this.#byTarget.get(target);
    known?.delete(key);
    if (known?.size === 0) this.#byTarget.delete(target);
  }
}

export function targetKey(workload: WorkloadReference): string {
  return `${targetKind(workload)}${objectKey(workload.namespace, workload.name)}`;
}

/** What the keys of all workloads of a kind begin with. Without the version: apps/v1beta1 has the same Deployments. */
export function targetKind({ apiVersion, kind }: Pick<WorkloadReference, "apiVersion" | "kind">): string {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  return `${group} ${kind} `;
}

function targetOf(namespace: string, spec: unknown): string {
  const { scaleTargetRef } = (spec ?? {}) as { scaleTargetRef?: Partial<WorkloadReference> };
  const { apiVersion = "", kind = "", name = "" } = scaleTargetRef ?? {};
  return targetKey({ apiVersion: String(apiVersion), kind: String(kind), namespace, name: String(name) });
}
