import { AUTOSCALER_LABEL } from "../../src/kubernetes/jobs/job-objects.ts";
import { type KubernetesObject, objectKey } from "../../src/kubernetes/objects.ts";
import { KubernetesError } from "../../src/kubernetes/ports.ts";
import type { ApiClient } from "../../src/kubernetes/transport/api-client.ts";
import { WatchCache } from "../../src/kubernetes/watch/watch-cache.ts";

/** What a pod's container does; resolves with its exit status. Until then the pod runs. */
export type PodWork = (pod: { readonly namespace: string; readonly name: string }) => Promise<number>;

const PODS = { group: "", version: "v1", plural: "pods" };

/** Plays the kubelet for the pods of Jobs: runs each pod's work, and says in its status how it goes. */
export class JobKubelet {
  readonly #client: ApiClient;
  readonly #work: PodWork;
  readonly #stop = new AbortController();
  /** Work that has not ended by then is left. */
  readonly #stopped = new Promise<undefined>((resolve) => {
    this.#stop.signal.addEventListener("abort", () => resolve(undefined));
  });
  readonly #started = new Set<string>();
  readonly #running: Promise<void>[] = [];
  readonly #watching: Promise<void>;
  /** While this is so, new pods stay pending: their image cannot be pulled. */
  pullsFail = false;
  readonly #waiting: KubernetesObject["metadata"][] = [];

  /** `autoscaler`: its name; other Jobs' pods stay pending. */
  constructor(client: ApiClient, autoscaler: string, work: PodWork) {
    this.#client = client;
    this.#work = work;
    const cache = new WatchCache<KubernetesObject>({
      ...{ client, resource: PODS, labelSelector: `${AUTOSCALER_LABEL}=${autoscaler}` },
      trim: ({ metadata, status }) => ({ metadata, status }),
      changed: (key, now) => {
        const { phase } = (now?.value.status ?? {}) as { phase?: string };
        if (now === undefined || phase !== "Pending" || this.#started.has(key)) return;
        this.#started.add(key);
        const { metadata } = now.value;
        if (!this.pullsFail) this.#running.push(this.#run(metadata));
        else {
          this.#waiting.push(metadata);
          this.#running.push(this.#say(metadata.namespace, metadata.name, backOff()));
        }
      },
    });
    this.#watching = cache.run(this.#stop.signal);
  }

  get started(): number {
    return this.#started.size;
  }

  /** From now on images can be pulled. */
  recover(): void {
    this.pullsFail = false;
    for (const metadata of this.#waiting.splice(0)) this.#running.push(this.#run(metadata));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
    await Promise.all(this.#running);
  }

  async #run({ namespace, name }: KubernetesObject["metadata"]): Promise<void> {
    await this.#say(namespace, name, { phase: "Running", conditions: [{ type: "Ready", status: "True" }] });
    const code = await Promise.race([this.#work({ namespace, name }), this.#stopped]);
    if (code === undefined) return;
    const phase = code === 0 ? "Succeeded" : "Failed";
    const at = new Date().toISOString();
    const terminated = { exitCode: code, startedAt: at, finishedAt: at };
    await this.#say(namespace, name, {
      phase,
      conditions: [{ type: "Ready", status: "False" }],
      containerStatuses: [
        { name: "worker", image: "worker:1", imageID: "", ready: false, restartCount: 0, state: { terminated } },
      ],
    });
  }

  /** Until the API server takes it, or the pod is gone. */
  async #say(namespace: string, name: string, status: object): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
    while (!this.#stop.signal.aborted) {
      try {
        const call = { method: "PATCH", path, what: `patch pod ${objectKey(namespace, name)}`, lane: "write" } as const;
        await this.#client.call({ ...call, body: { status } }, this.#stop.signal);
        return;
      } catch (error) {
        if (!(error instanceof KubernetesError)) throw error;
        if (error.kind === "NotFound") return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}

/** What a kubelet says of a pod whose image is not there. */
function backOff(): object {
  const waiting = { reason: "ImagePullBackOff", message: 'Back-off pulling image "worker:1"' };
  const container = { name: "worker", image: "worker:1", imageID: "", ready: false, restartCount: 0 };
  return {
    phase: "Pending",
    conditions: [{ type: "Ready", status: "False", reason: "ContainersNotReady" }],
    containerStatuses: [{ ...container, state: { waiting } }],
  };
}
