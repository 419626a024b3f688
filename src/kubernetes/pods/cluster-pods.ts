import { type Instant, isProtected, type WorkerPod, type WorkloadReference } from "../../core/index.ts";
import { asKubernetesObject, type KubernetesObject, resourcePath } from "../objects.ts";
import {
  KubernetesError,
  type MarkedPod,
  type PodReference,
  type Pods,
  type ProtectionOutcome,
  type WorkloadPods,
} from "../ports.ts";
import { malformed } from "../transport/answer-error.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { listPages } from "../watch/read-collection.ts";
import { FIELD_MANAGER } from "../workloads/rewrites.ts";
import { readWorkloadScale } from "../workloads/scale-subresource.ts";
import { asWorkerPod, controllerOf, DELETION_COST, OUR_COST, PROTECTED_UNTIL } from "./worker-pod.ts";

const PODS = { group: "", version: "v1", plural: "pods" };
/** A pod's status changes often while it starts or ends; more changes in a row than this are not normal. */
const ATTEMPTS = 6;
/** Pods are listed for a moment and not kept: fewer answers are quicker. */
const PAGE = 500;
/** A cluster is upgraded while we run. */
const VERSION_COUNTS_MS = 60_000;

type Annotations = Readonly<Record<string, string | null>>;

/** The pods of a cluster. Nothing is watched: pods are read when a scale-down asks for it. */
export class ClusterPods implements Pods {
  readonly #client: ApiClient;
  readonly #namespace: string | undefined;
  #version: { readonly ordersByCost: boolean; readonly until: number } | undefined;

  /** `namespace`: where marks are looked for; undefined: in the whole cluster. */
  constructor(client: ApiClient, namespace?: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  async list(workload: WorkloadReference, from: "storage" | "cache", signal: AbortSignal): Promise<WorkloadPods> {
    const { selector, replicas, resourceVersion } = await readWorkloadScale(this.#client, workload, signal);
    if (selector === undefined) {
      const message = `expected the scale of ${workload.kind} ${workload.namespace}/${workload.name} to have the selector of its pods, got none`;
      throw new KubernetesError("Invalid", message);
    }
    const collection = {
      client: this.#client,
      path: resourcePath(PODS, { namespace: workload.namespace }),
      what: "list pods",
      labelSelector: selector,
      page: PAGE,
      ...(from === "cache" ? { fromCache: true } : {}),
    };
    const pods: WorkerPod[] = [];
    const take = (object: KubernetesObject) => {
      const pod = isMadeBy(workload, object) ? asWorkerPod(object) : undefined;
      if (pod !== undefined) pods.push(pod);
    };
    await listPages(collection, take, signal);
    return { replicas, resourceVersion, pods };
  }

  async listMarked(namespace: string | undefined, signal: AbortSignal): Promise<readonly MarkedPod[]> {
    const where = namespace ?? this.#namespace;
    const path = resourcePath(PODS, where === undefined ? {} : { namespace: where });
    const marked: MarkedPod[] = [];
    const take = (object: KubernetesObject) => {
      if (object.metadata.annotations?.[OUR_COST] === undefined) return;
      const pod = asWorkerPod(object);
      const owner = controllerOf(object);
      if (pod?.deletionCost?.isOurs !== true) return;
      marked.push({ namespace: object.metadata.namespace ?? "", pod, ...(owner === undefined ? {} : { owner }) });
    };
    const collection = { client: this.#client, path, what: "list pods", page: PAGE, onlyMetadata: true };
    await listPages(collection, take, signal);
    return marked;
  }

  async ordersByCost(signal: AbortSignal): Promise<boolean> {
    if (this.#version !== undefined && performance.now() < this.#version.until) return this.#version.ordersByCost;
    const call = { method: "GET", path: "/version", what: "get version", lane: "read" } as const;
    const { major, minor } = (await this.#client.call(call, signal)) as { major?: string; minor?: string };
    const ordersByCost = Number.parseInt(major ?? "", 10) > 1 || Number.parseInt(minor ?? "", 10) >= 22;
    this.#version = { ordersByCost, until: performance.now() + VERSION_COUNTS_MS };
    return ordersByCost;
  }

  mark(
    namespace: string,
    pod: WorkerPod,
    cost: number | undefined,
    signal: AbortSignal,
  ): Promise<WorkerPod | undefined> {
    const written = cost === undefined ? null : String(cost);
    const isKnown = isProtected(pod, Date.now());
    const refuses = (now: WorkerPod) =>
      now.isEnding ||
      (cost === undefined
        ? now.deletionCost?.isOurs !== true
        : (!isKnown && isProtected(now, Date.now())) || now.deletionCost?.isOurs === false);
    return this.#annotate(namespace, pod, { [DELETION_COST]: written, [OUR_COST]: written }, refuses, signal);
  }

  async find({ namespace, name, uid }: PodReference, signal: AbortSignal): Promise<WorkerPod | undefined> {
    const path = resourcePath(PODS, { namespace, name });
    const answer = await this.#client
      .call({ method: "GET", path, what: "get pods", lane: "read" }, signal)
      .catch(nothingIfNotFound);
    const pod = answer === undefined ? undefined : asPod(answer, "get pods");
    return uid === undefined || pod?.uid === uid ? pod : undefined;
  }

  async protect(reference: PodReference, until: Instant | undefined, signal: AbortSignal): Promise<ProtectionOutcome> {
    const pod = await this.find(reference, signal);
    if (pod === undefined) return "gone";
    const written = until === undefined ? null : new Date(until).toISOString();
    const isLeaving = (one: WorkerPod) => one.isEnding || (until !== undefined && one.deletionCost?.isOurs === true);
    const stays = (one: WorkerPod) => isLeaving(one) || one.protectedUntil === "forever";
    const after = await this.#annotate(reference.namespace, pod, { [PROTECTED_UNTIL]: written }, stays, signal);
    if (after === undefined) return "gone";
    if (isLeaving(after)) return "leaving";
    return after.protectedUntil === "forever" ? "forever" : "done";
  }

  /** Changes annotations of the pod as it was read; where it has changed since, of the pod as it is now, unless that refuses. */
  async #annotate(
    namespace: string,
    read: WorkerPod,
    annotations: Annotations,
    refuses: (pod: WorkerPod) => boolean,
    signal: AbortSignal,
  ): Promise<WorkerPod | undefined> {
    const { name, uid } = read;
    let pod: WorkerPod | undefined = read;
    for (let attempt = 1; pod !== undefined && !refuses(pod); attempt += 1) {
      try {
        return await this.#patch(namespace, pod, annotations, signal);
      } catch (error) {
        const isConflict = error instanceof KubernetesError && error.kind === "Conflict";
        if (!isConflict || attempt === ATTEMPTS) throw error;
        pod = await this.find({ namespace, name, uid }, signal);
      }
    }
    return pod;
  }

  async #patch(
    namespace: string,
    { name, resourceVersion }: WorkerPod,
    annotations: Annotations,
    signal: AbortSignal,
  ): Promise<WorkerPod | undefined> {
    const path = `${resourcePath(PODS, { namespace, name })}?fieldManager=${FIELD_MANAGER}`;
    const body = { metadata: { resourceVersion, annotations } };
    const call = { method: "PATCH", path, what: "patch pods", lane: "write", body } as const;
    const answer = await this.#client.call(call, signal).catch(nothingIfNotFound);
    return answer === undefined ? undefined : asPod(answer, call.what);
  }
}

/** What makes the pods of a kind of workload, and whether that is the workload itself. */
const MAKERS: Readonly<Record<string, { readonly kind: string; readonly isItself: boolean }>> = {
  "apps/v1 Deployment": { kind: "ReplicaSet", isItself: false },
  "apps/v1 ReplicaSet": { kind: "ReplicaSet", isItself: true },
  "apps/v1 StatefulSet": { kind: "StatefulSet", isItself: true },
  "v1 ReplicationController": { kind: "ReplicationController", isItself: true },
};

/** A selector may match pods that a person or another controller made. Of a custom kind nobody knows what makes its pods. */
function isMadeBy({ apiVersion, kind, name }: WorkloadReference, object: KubernetesObject): boolean {
  const maker = MAKERS[`${apiVersion} ${kind}`];
  if (maker === undefined) return true;
  const controller = controllerOf(object);
  return controller?.kind === maker.kind && (!maker.isItself || controller.name === name);
}

function asPod(answer: unknown, what: string): WorkerPod | undefined {
  const object = asKubernetesObject(answer);
  if (object === undefined) throw malformed(what, "something that is no Pod");
  return asWorkerPod(object);
}

function nothingIfNotFound(error: unknown): undefined {
  if (error instanceof KubernetesError && error.kind === "NotFound") return undefined;
  throw error;
}
