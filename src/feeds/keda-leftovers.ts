import { originOf, type Parsed } from "../core/index.ts";
import { list, record, toText } from "../formats/stored.ts";
import { type ApiClient, type KubernetesObject, type Resource, resourcePath, WatchCache } from "../kubernetes/index.ts";
import { KubernetesError } from "../kubernetes/ports.ts";
import { pause } from "../shared/async.ts";

export interface LeftoverTerms {
  readonly client: ApiClient;
  /** Absent: all namespaces. */
  readonly namespace: string | undefined;
  readonly deleted: (hpa: Leftover) => void;
  /** It could not be deleted, or somebody makes it anew. */
  readonly onProblem: (hpa: Leftover, detail: string) => void;
}

interface Leftover {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The uid of the ScaledObject for which KEDA made it. */
  readonly owner: string;
}

/** autoscaling/v1 is served by every version of Kubernetes. */
const HPAS: Resource = { group: "autoscaling", version: "v1", plural: "horizontalpodautoscalers" };
const EVERY_MS = 2_000;
/** Between two tries where one failed. */
const FAILED_MS = 60_000;
/** An HPA that comes back that often is made by an operator that still runs. */
const MOST_DELETIONS = 3;

/**
 * HorizontalPodAutoscalers that KEDA's operator made and left behind. One is deleted once its ScaledObject is scaled here:
 * that of an object that is refused stays, as nothing else would scale the workload.
 */
export class KedaLeftovers {
  readonly #terms: LeftoverTerms;
  readonly #cache: WatchCache<Leftover | undefined>;
  readonly #left = new Map<string, Leftover>();
  /** The uids of the ScaledObjects that are scaled here, by the autoscaler's id. */
  readonly #taken = new Map<string, string>();
  readonly #deletions = new Map<string, number>();

  constructor(terms: LeftoverTerms) {
    this.#terms = terms;
    this.#cache = new WatchCache({
      ...{ client: terms.client, namespace: terms.namespace, resource: HPAS, trim: leftover },
      changed: (key, now) => {
        if (now?.value === undefined) this.#left.delete(key);
        else this.#left.set(key, now.value);
      },
    });
  }

  /** A ScaledObject was read. */
  keep(parsed: Parsed): void {
    const { uid } = originOf(parsed);
    if ("autoscaler" in parsed && uid !== undefined) this.#taken.set(parsed.autoscaler.id, uid);
    else this.#taken.delete("autoscaler" in parsed ? parsed.autoscaler.id : parsed.id);
  }

  forget(id: string): void {
    this.#taken.delete(id);
  }

  async run(signal: AbortSignal): Promise<void> {
    const watching = this.#cache.run(signal);
    while (!signal.aborted) {
      const taken = new Set(this.#taken.values());
      let hasFailed = false;
      for (const [key, hpa] of [...this.#left]) {
        if (taken.has(hpa.owner)) hasFailed = (await this.#delete(key, hpa, signal)) || hasFailed;
      }
      await pause(hasFailed ? FAILED_MS : EVERY_MS, signal);
    }
    await watching;
  }

  /** Returns whether that failed: then it is tried again later. */
  async #delete(key: string, hpa: Leftover, signal: AbortSignal): Promise<boolean> {
    const { namespace, name, uid } = hpa;
    const count = (this.#deletions.get(key) ?? 0) + 1;
    if (count > MOST_DELETIONS) {
      this.#left.delete(key);
      this.#terms.onProblem(hpa, `it was made anew ${MOST_DELETIONS} times: stop KEDA's operator`);
      return false;
    }
    const call = { method: "DELETE", path: resourcePath(HPAS, { namespace, name }), lane: "write" } as const;
    const body = { preconditions: { uid } };
    try {
      await this.#terms.client.call({ ...call, what: "delete horizontalpodautoscalers", body }, signal);
      this.#deletions.set(key, count);
      this.#left.delete(key);
      this.#terms.deleted(hpa);
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      // Another process leads, or somebody else has deleted it.
      if (error.kind === "NotLeading" || error.kind === "NotFound") return false;
      this.#terms.onProblem(hpa, error.message);
      return true;
    }
    return false;
  }
}

/** Undefined: it is not KEDA's. */
function leftover({ metadata }: KubernetesObject): Leftover | undefined {
  const owner = list(record(metadata).ownerReferences).find(
    ({ apiVersion, kind }) => kind === "ScaledObject" && toText(apiVersion).startsWith("keda.sh/"),
  );
  if (typeof owner?.uid !== "string") return undefined;
  const { namespace, name, uid } = metadata;
  return { namespace, name, uid, owner: owner.uid };
}
