import type { Autoscaler } from "../core/index.ts";
import { KubernetesError, type MarkedPod, type Pods } from "../kubernetes/ports.ts";
import { pause } from "../shared/async.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

export interface LeftMarksTerms {
  readonly pods: Pods;
  readonly clock: Clock;
  readonly log: Log;
}

/** Longer than any process keeps a mark: what is older was left behind, or belongs to nobody that is seen here. */
const ABANDONED_MILLISECONDS = 300_000;
const MOST_ABANDONED = 1_000;
/** Where pods may be listed in single namespaces alone, those of this many are. */
const MOST_NAMESPACES = 20;

/** "forbidden": pods may not be listed there. "failed": it is not known. */
type Found = readonly MarkedPod[] | "forbidden" | "failed";

/**
 * Our marks as they were when this process began to act: left by an earlier one. One list of pods tells for all
 * autoscalers; where the whole cluster's may not be listed, one for each namespace.
 */
export class LeftMarks {
  readonly #terms: LeftMarksTerms;
  /** By what ends the time in which this process acts, and by namespace; "": all that this process sees. */
  readonly #found = new WeakMap<AbortSignal, Map<string, Promise<Found>>>();

  constructor(terms: LeftMarksTerms) {
    this.#terms = terms;
  }

  /** Whether pods of its workload may have carried our marks then. */
  async mayHave(autoscaler: Autoscaler, acting: AbortSignal): Promise<boolean> {
    const everywhere = await this.#find("", acting);
    const { namespace } = autoscaler.target;
    const found = everywhere === "forbidden" ? await this.#find(namespace, acting) : everywhere;
    if (typeof found === "string") return found === "failed";
    return found.some((marked) => mayOwn(autoscaler, marked));
  }

  /**
   * Removes marks from pods of workloads for which no autoscaler asks for that any longer: those that are still there
   * after five minutes, as another installation may be stopping its pods just now. Never rejects with a KubernetesError.
   */
  async removeAbandoned(autoscalers: () => readonly Autoscaler[], acting: AbortSignal): Promise<void> {
    const { pods, clock, log } = this.#terms;
    const isAbandoned = (pod: MarkedPod) =>
      !autoscalers().some((one) => one.busyWorkers !== undefined && mayOwn(one, pod));
    const found = (await this.#findAll(autoscalers(), acting)).filter(isAbandoned).slice(0, MOST_ABANDONED);
    if (found.length === 0) return;
    await pause(ABANDONED_MILLISECONDS, acting, clock);
    let removed = 0;
    for (const marked of found.filter(isAbandoned)) {
      if (acting.aborted) return;
      const { namespace, pod } = marked;
      try {
        const now = await pods.find({ namespace, name: pod.name, uid: pod.uid }, acting);
        const isSame = now?.deletionCost?.isOurs === true && now.deletionCost.value === pod.deletionCost?.value;
        if (now === undefined || !isSame) continue;
        await pods.mark(namespace, now, undefined, acting);
        removed += 1;
      } catch (error) {
        if (!(error instanceof KubernetesError)) throw error;
        log.warn("A pod keeps a deletion cost", { namespace, name: pod.name, detail: error.message });
      }
    }
    if (removed > 0) log.info("Removed deletion costs from pods whose workload asks for that no longer", { removed });
  }

  async #findAll(autoscalers: readonly Autoscaler[], acting: AbortSignal): Promise<readonly MarkedPod[]> {
    const everywhere = await this.#find("", acting);
    if (typeof everywhere !== "string") return everywhere;
    if (everywhere === "failed") return [];
    const namespaces = new Set(autoscalers.map(({ target }) => target.namespace));
    const all: MarkedPod[] = [];
    for (const namespace of [...namespaces].slice(0, MOST_NAMESPACES)) {
      const found = await this.#find(namespace, acting);
      if (typeof found !== "string") all.push(...found);
    }
    return all;
  }

  #find(namespace: string, acting: AbortSignal): Promise<Found> {
    const known = this.#found.get(acting) ?? new Map<string, Promise<Found>>();
    this.#found.set(acting, known);
    const found = known.get(namespace) ?? this.#list(namespace, acting);
    known.set(namespace, found);
    return found;
  }

  async #list(namespace: string, acting: AbortSignal): Promise<Found> {
    try {
      return await this.#terms.pods.listMarked(namespace === "" ? undefined : namespace, acting);
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      if (error.kind === "Forbidden") return "forbidden";
      this.#terms.log.info("Pods that an earlier process marked cannot be listed", { detail: error.message });
      return "failed";
    }
  }
}

/** By the name of what made the pod. Of other kinds it is not known what makes their pods. */
function mayOwn({ target: { kind, namespace, name } }: Autoscaler, marked: MarkedPod): boolean {
  if (marked.namespace !== namespace) return false;
  const { owner } = marked;
  if (kind === "Deployment") return owner?.kind === "ReplicaSet" && owner.name.startsWith(`${name}-`);
  const isKnown = ["ReplicaSet", "StatefulSet", "ReplicationController"].includes(kind);
  return isKnown ? owner?.kind === kind && owner.name === name : true;
}
