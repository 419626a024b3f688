import { type KubernetesObject, objectKey } from "../objects.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { WatchCache } from "../watch/watch-cache.ts";
import { AUTOSCALER_LABEL } from "./job-objects.ts";

const PODS = { group: "", version: "v1", plural: "pods" };

/** A pod of a Job. */
interface JobPod {
  readonly job: string;
  readonly isReady: boolean;
}

interface JobPodsOptions {
  readonly client: ApiClient;
  /** Absent: all namespaces. */
  readonly namespace: string | undefined;
  /** Told which Job's pods have changed, by its key; undefined: any may have. */
  readonly changed: (job: string | undefined) => void;
}

/** Which Jobs have a ready pod, for API servers before Kubernetes 1.24, whose Jobs do not say it. Watches nothing until it is asked. */
export class JobPods {
  readonly #cache: WatchCache<JobPod>;
  readonly #signal: AbortSignal;
  readonly #ready = new Map<string, Set<string>>();
  #isBegun = false;

  constructor({ client, namespace, changed }: JobPodsOptions, signal: AbortSignal) {
    this.#signal = signal;
    this.#cache = new WatchCache<JobPod>({
      ...{ client, resource: PODS, namespace, labelSelector: AUTOSCALER_LABEL, trim: trimPod },
      changed: (key, now, before) => {
        const job = objectKey(key.slice(0, key.indexOf("/")), (now ?? before)?.value.job ?? "");
        const pods = this.#ready.get(job) ?? new Set();
        if (now?.value.isReady) this.#ready.set(job, pods.add(key));
        else if (pods.delete(key) && pods.size === 0) this.#ready.delete(job);
        if (now?.value.isReady !== before?.value.isReady) changed(job);
      },
      stateChanged: () => changed(undefined),
    });
  }

  /** Whether a Job has a ready pod. Where its pods may not be read, it is taken to have one. */
  hasReady(job: string): boolean {
    if (!this.#isBegun) {
      this.#isBegun = true;
      void this.#cache.run(this.#signal);
    }
    if (this.#cache.isSynced) return this.#ready.has(job);
    return this.#cache.failure?.kind === "Forbidden";
  }
}

function trimPod({ metadata, status }: KubernetesObject): JobPod {
  const { phase, conditions = [] } = (status ?? {}) as {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type?: string; readonly status?: string }[];
  };
  const isReady = conditions.some(({ type, status: is }) => type === "Ready" && is === "True");
  return { job: metadata.labels?.["job-name"] ?? "", isReady: isReady || phase === "Succeeded" };
}
