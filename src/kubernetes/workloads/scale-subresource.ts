import type { WorkloadReference } from "../../core/index.ts";
import { pause } from "../../shared/async.ts";
import { Retries } from "../../shared/retries.ts";
import { isOlder, type Resource, resourcePath } from "../objects.ts";
import { KubernetesError } from "../ports.ts";
import { malformed } from "../transport/answer-error.ts";
import { type ApiClient, SERVER_BACKOFF } from "../transport/api-client.ts";
import type { Entry } from "../watch/object-store.ts";
import { FIELD_MANAGER, type KnownWorkload, type Replicas } from "./rewrites.ts";

/** A kind of workloads and where the API server has it. */
export interface WorkloadKind {
  readonly resource: Resource;
  /**
   * Whether spec.replicas of the object is the number that /scale speaks of. Of a custom kind only its
   * CustomResourceDefinition could tell, so there /scale itself is asked.
   */
  readonly hasPlainReplicas: boolean;
}

const BUILT_IN: Readonly<Record<string, Resource>> = {
  "apps/v1 Deployment": { group: "apps", version: "v1", plural: "deployments" },
  "apps/v1 ReplicaSet": { group: "apps", version: "v1", plural: "replicasets" },
  "apps/v1 StatefulSet": { group: "apps", version: "v1", plural: "statefulsets" },
  "v1 ReplicationController": { group: "", version: "v1", plural: "replicationcontrollers" },
};

export function kindKey({ apiVersion, kind }: WorkloadReference): string {
  return `${apiVersion} ${kind}`;
}

/** Where the kind is served; custom kinds are looked up. Rejects with NotFound where it has no scale subresource. */
export async function findWorkloadKind(
  client: ApiClient,
  reference: WorkloadReference,
  signal: AbortSignal,
): Promise<WorkloadKind> {
  const builtIn = BUILT_IN[kindKey(reference)];
  if (builtIn !== undefined) return { resource: builtIn, hasPlainReplicas: true };
  const { apiVersion, kind } = reference;
  const [first = "", second] = apiVersion.split("/");
  const [group, version] = second === undefined ? ["", first] : [first, second];
  const path = resourcePath({ group, version, plural: "" }, {}).replace(/\/$/, "");
  const call = { method: "GET", path, what: "discover resources", lane: "read" } as const;
  const plural = scalablePlural(await client.call(call, signal).catch(nothingIfNotFound), kind);
  if (plural !== undefined) return { resource: { group, version, plural }, hasPlainReplicas: false };
  throw new KubernetesError("NotFound", `expected ${kind} of ${apiVersion} to be served with a scale subresource`);
}

/** For a group that no CustomResourceDefinition has made yet. */
function nothingIfNotFound(error: unknown): undefined {
  if (error instanceof KubernetesError && error.kind === "NotFound") return undefined;
  throw error;
}

function scalablePlural(answer: unknown, kind: string): string | undefined {
  const { resources } = (answer ?? {}) as { resources?: readonly { name?: unknown; kind?: unknown }[] };
  if (!Array.isArray(resources)) return undefined;
  const names = new Set(resources.map(({ name }) => String(name)));
  const plural = resources.find(({ name, kind: other }) => other === kind && !String(name).includes("/"))?.name;
  return typeof plural === "string" && names.has(`${plural}/scale`) ? plural : undefined;
}

/** A workload's autoscaling/v1 Scale, as far as it matters. */
export interface Scale {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly replicas: number;
  /** Replicas that exist, ready or not. */
  readonly existingReplicas?: number;
  /** Of its pods, as a query has it. */
  readonly selector?: string;
}

export async function readScale(
  client: ApiClient,
  resource: Resource,
  { namespace, name }: WorkloadReference,
  signal: AbortSignal,
): Promise<Scale> {
  const what = `get ${resource.plural}/scale`;
  const path = resourcePath(resource, { namespace, name, subresource: "scale" });
  return asScale(await client.call({ method: "GET", path, what, lane: "read" }, signal), what);
}

/**
 * Sets spec.replicas. A merge patch, as custom resources refuse a strategic one and fail at a server-side apply; with
 * a resourceVersion it is refused (Conflict) where the object has changed since.
 */
export async function patchScale(
  client: ApiClient,
  resource: Resource,
  { namespace, name }: WorkloadReference,
  change: { readonly replicas: number; readonly resourceVersion: string | undefined },
  signal: AbortSignal,
): Promise<Scale> {
  const what = `patch ${resource.plural}/scale`;
  const path = `${resourcePath(resource, { namespace, name, subresource: "scale" })}?fieldManager=${FIELD_MANAGER}`;
  const body = {
    ...(change.resourceVersion === undefined ? {} : { metadata: { resourceVersion: change.resourceVersion } }),
    spec: { replicas: change.replicas },
  };
  return asScale(await client.call({ method: "PATCH", path, what, lane: "scale", body }, signal), what);
}

function asScale(answer: unknown, what: string): Scale {
  const scale = (answer ?? {}) as {
    metadata?: { uid?: unknown; resourceVersion?: unknown };
    spec?: { replicas?: unknown };
    status?: { replicas?: unknown; selector?: unknown };
  };
  const { uid, resourceVersion } = scale.metadata ?? {};
  // Go leaves a zero out.
  const replicas = scale.spec?.replicas ?? 0;
  if (typeof uid !== "string" || typeof resourceVersion !== "string" || typeof replicas !== "number") {
    throw malformed(what, "something that is no Scale");
  }
  const { replicas: existing, selector } = scale.status ?? {};
  return {
    ...{ uid, resourceVersion, replicas },
    ...(typeof existing === "number" ? { existingReplicas: existing } : {}),
    ...(typeof selector === "string" && selector !== "" ? { selector } : {}),
  };
}

/** Reads a workload's scale once, without a watch. Rejects with a KubernetesError. */
export async function readWorkloadScale(
  client: ApiClient,
  workload: WorkloadReference,
  signal: AbortSignal,
): Promise<Scale> {
  const { resource } = await findWorkloadKind(client, workload, signal);
  return readScale(client, resource, workload, signal);
}

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
