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
  asking: boolean;
  /** The object changed while /scale was being asked. */
  again: boolean;
}

/** The scales of custom workloads that are followed, asked anew whenever the watch shows a change. */
export class AskedScales {
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
    if (!this.#followed.has(key)) this.#followed.set(key, { asking: false, again: false });
    this.look(key, entry);
  }

  unfollow(key: string): void {
    this.#followed.delete(key);
  }

  /** The watch shows that the object changed (or, with no entry, that it is gone). */
  look(key: string, entry: Entry<unknown> | undefined): void {
    const followed = this.#followed.get(key);
    if (followed === undefined) return;
    if (entry === undefined) delete followed.scale;
    else if (followed.asking) followed.again = true;
    else if (followed.scale?.resourceVersion !== entry.resourceVersion) void this.#ask(key, followed);
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
  async #ask(key: string, followed: Followed): Promise<void> {
    const [namespace = "", name = ""] = key.split("/");
    const reference = { apiVersion: "", kind: "", namespace, name };
    const retries = new Retries(SERVER_BACKOFF);
    followed.asking = true;
    const isWanted = () => this.#followed.get(key) === followed && !this.#signal.aborted;
    do {
      followed.again = false;
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
        followed.again = failure.kind !== "NotFound";
        this.#changed(key);
        if (followed.again) await pause(retries.next(failure.retryAfterSeconds), this.#signal);
      }
    } while (followed.again && isWanted());
    followed.asking = false;
  }
}
