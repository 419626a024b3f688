import { pause } from "../../shared/async.ts";
import { Retries } from "../../shared/retries.ts";
import { isOlder, type Resource } from "../objects.ts";
import type { KubernetesError } from "../ports.ts";
import { type ApiClient, SERVER_BACKOFF } from "../transport/api-client.ts";
import type { Entry } from "../watch/object-store.ts";
import type { KnownWorkload, Replicas } from "./rewrites.ts";
import { readScale, type Scale } from "./scale-subresource.ts";

interface Followed {
  scale?: Scale;
  failure?: KubernetesError;
  isReading: boolean;
  /** The object changed while /scale was being read. */
  isStale: boolean;
}

/** The scales of followed custom workloads, read again whenever the watch shows a change. */
export class CustomScales {
  readonly #client: ApiClient;
  readonly #resource: Resource;
  readonly #changed: (key: string) => void;
  readonly #signal: AbortSignal;
  readonly #followed = new Map<string, Followed>();

  constructor(client: ApiClient, resource: Resource, changed: (key: string) => void, signal: AbortSignal) {
    this.#client = client;
    this.#resource = resource;
    this.#changed = changed;
    this.#signal = signal;
  }

  follow(key: string, entry: Entry<unknown> | undefined): void {
    if (!this.#followed.has(key)) this.#followed.set(key, { isReading: false, isStale: false });
    this.objectChanged(key, entry);
  }

  unfollow(key: string): void {
    this.#followed.delete(key);
  }

  /** The watch shows that the object changed (or, with no entry, that it is gone). */
  objectChanged(key: string, entry: Entry<unknown> | undefined): void {
    const followed = this.#followed.get(key);
    if (followed === undefined) return;
    if (entry === undefined) delete followed.scale;
    else if (followed.isReading) followed.isStale = true;
    else if (followed.scale?.resourceVersion !== entry.resourceVersion) void this.#read(key, followed);
  }

  learn(key: string, scale: Scale): void {
    const followed = this.#followed.get(key);
    if (followed === undefined) return;
    const known = followed.scale;
    if (known?.uid === scale.uid && isOlder(scale.resourceVersion, known.resourceVersion)) return;
    followed.scale = scale;
    delete followed.failure;
    this.#changed(key);
  }

  /** The scale of a workload, with what the watch shows of it. */
  get(key: string, watched: Replicas): KnownWorkload {
    const { scale, failure } = this.#followed.get(key) ?? {};
    if (scale === undefined) return { state: "unknown", because: failure?.message ?? "its scale is being asked for" };
    const { uid, resourceVersion, replicas } = scale;
    return { ...watched, state: "present", uid, resourceVersion, replicas };
  }

  /** Never rejects: what goes wrong is kept for `get`, and tried again. */
  async #read(key: string, followed: Followed): Promise<void> {
    const [namespace = "", name = ""] = key.split("/");
    const reference = { apiVersion: "", kind: "", namespace, name };
    const retries = new Retries(SERVER_BACKOFF);
    followed.isReading = true;
    const isWanted = () => this.#followed.get(key) === followed && !this.#signal.aborted;
    do {
      followed.isStale = false;
      const known = followed.scale;
      try {
        const scale = await readScale(this.#client, this.#resource, reference, this.#signal);
        // A fresh read that is older than what was known before it: etcd was restored from a backup.
        if (followed.scale === known) delete followed.scale;
        this.learn(key, scale);
      } catch (error) {
        const failure = error as KubernetesError;
        if (!isWanted()) break;
        followed.failure = failure;
        followed.isStale = failure.kind !== "NotFound";
        this.#changed(key);
        if (followed.isStale) await pause(retries.next(failure.retryAfterSeconds), this.#signal);
      }
    } while (followed.isStale && isWanted());
    followed.isReading = false;
  }
}
