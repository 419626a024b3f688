import { setTimeout as pause } from "node:timers/promises";
import type { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";
import { type Objects, objectsOf } from "./cluster-client.ts";

const SIGNAL = new AbortController().signal;
const PERIOD_MS = 100;

/** A pod as a kubelet sees it. */
interface SeenPod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
}

export interface KubeletTerms {
  readonly client: ConnectedClient;
  readonly namespace?: string;
  /** The address of a new pod; undefined: it stays pending for now. */
  readonly start: (pod: string) => string | undefined;
  /** The pod has been told to stop; it is gone when this resolves. */
  readonly stop?: (pod: string) => Promise<void>;
  /** Whether the pod, which runs, becomes ready. Default: it does. */
  readonly isReady?: (pod: string) => boolean;
}

/** Plays the scheduler and the kubelets of a cluster that has none: pods run, are ready, and end when they are deleted. */
export class FakeKubelet {
  readonly #terms: KubeletTerms;
  readonly #objects: Objects;
  readonly #stop = new AbortController();
  readonly #running = new Set<string>();
  readonly #ending = new Set<string>();
  readonly #ended: Promise<void>;

  constructor(terms: KubeletTerms) {
    this.#terms = terms;
    this.#objects = objectsOf(terms.client);
    this.#ended = this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    for (const name of ["node-1", "node-2", "node-3"]) {
      await this.#objects
        .create("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name } })
        .catch(() => undefined);
    }
    while (!this.#stop.signal.aborted) {
      const { items } = (await this.#objects.get(this.#path)) as { items: readonly SeenPod[] };
      const queue = items.values();
      const work = async () => {
        for (const pod of queue) await this.#tend(pod);
      };
      await Promise.all(Array.from({ length: 4 }, work));
      await pause(PERIOD_MS);
    }
  }

  get #path(): string {
    return `/api/v1/namespaces/${this.#terms.namespace ?? "default"}/pods`;
  }

  async #tend({ metadata, spec }: SeenPod): Promise<void> {
    const { name, uid, deletionTimestamp } = metadata;
    if (deletionTimestamp !== undefined) {
      if (this.#ending.has(uid)) return;
      this.#ending.add(uid);
      const gone = this.#terms.stop?.(name) ?? Promise.resolve();
      void gone.then(() => this.#remove(name));
    } else if (!this.#running.has(uid)) await this.#startPod(name, uid, spec.nodeName);
  }

  async #startPod(name: string, uid: string, node: string | undefined): Promise<void> {
    const podIP = this.#terms.start(name);
    if (podIP === undefined) return;
    this.#running.add(uid);
    const isReady = this.#terms.isReady?.(name) ?? true;
    const status = {
      ...{ phase: "Running", podIP, podIPs: [{ ip: podIP }], startTime: new Date().toISOString() },
      conditions: [{ type: "Ready", status: isReady ? "True" : "False", lastTransitionTime: new Date().toISOString() }],
    };
    const target = { apiVersion: "v1", kind: "Node", name: `node-${(this.#running.size % 3) + 1}` };
    try {
      if (node === undefined) {
        const binding = { apiVersion: "v1", kind: "Binding", metadata: { name }, target };
        await this.#objects.create(`${this.#path}/${name}/binding`, binding);
      }
      await this.#objects.patch(`${this.#path}/${name}/status`, { status });
    } catch {
      // It was deleted meanwhile, or changed: the next round sees.
      this.#running.delete(uid);
    }
  }

  async #remove(name: string): Promise<void> {
    const call = { method: "DELETE", path: `${this.#path}/${name}`, what: "test", lane: "read" } as const;
    await this.#terms.client.call({ ...call, body: { gracePeriodSeconds: 0 } }, SIGNAL).catch(() => undefined);
  }
}
