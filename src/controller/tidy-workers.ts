import type { Autoscaler } from "../core/index.ts";
import { KubernetesError, type Pods, type WorkloadPods } from "../kubernetes/ports.ts";
import { pause } from "../shared/async.ts";
import { Retries } from "../shared/retries.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

export interface TidyTerms {
  readonly pods: Pods;
  readonly clock: Clock;
  readonly log: Log;
}

/** Kubernetes' controllers take milliseconds to stop pods, and minutes where they are overloaded. */
const GONE_WITHIN_MILLISECONDS = 60_000;
/** Kubernetes may act on a lower number this long after a higher one was written. */
const OVERTAKEN_WITHIN_MILLISECONDS = 5_000;
const LOOK_AGAIN_MILLISECONDS = 500;
const ATTEMPTS = 8;
const BACKOFF = { firstMilliseconds: 500, longestMilliseconds: 30_000 };
const AT_ONCE = 8;
/** Then another leader removes the marks, or there are none. */
const NOTHING_TO_DO: ReadonlySet<string> = new Set(["NotLeading", "Forbidden", "NotFound"]);

/**
 * Removes our marks from a workload's pods, as soon as Kubernetes has stopped those that it was to stop: `told`. Where
 * that cannot be awaited, as `stopped` aborts, the next leader does it. Never rejects with a KubernetesError.
 */
export async function tidyWorkers(
  autoscaler: Autoscaler,
  told: readonly string[],
  terms: TidyTerms,
  stopped: AbortSignal,
): Promise<void> {
  const { clock, log } = terms;
  const retries = new Retries(BACKOFF);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const workload = await untilGone(autoscaler, new Set(told), terms, stopped);
      return await removeMarks(autoscaler, workload, terms);
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      const { kind, message: detail, retryAfterSeconds } = error;
      if (NOTHING_TO_DO.has(kind)) return;
      if (attempt === ATTEMPTS || stopped.aborted) {
        log.warn("Pods may keep a deletion cost until the next scale-down", { id: autoscaler.id, detail });
        return;
      }
      await pause(retries.next(retryAfterSeconds), stopped, clock);
    }
  }
}

/**
 * Resolves when there are no more pods than there should be: a mark counts until Kubernetes has stopped the pods. A rise
 * that comes right after the scale-down hides that they are still to be stopped.
 */
async function untilGone(
  { target }: Autoscaler,
  told: ReadonlySet<string>,
  { pods, clock }: TidyTerms,
  stopped: AbortSignal,
): Promise<WorkloadPods> {
  const began = clock.monotonic();
  for (;;) {
    const workload = await pods.list(target, "storage", notAborted());
    const present = workload.pods.filter(({ isEnding }) => !isEnding);
    const waited = clock.monotonic() - began;
    const isOver = waited > OVERTAKEN_WITHIN_MILLISECONDS || !present.some(({ name }) => told.has(name));
    if ((present.length <= workload.replicas && isOver) || waited > GONE_WITHIN_MILLISECONDS) return workload;
    if (stopped.aborted) throw new KubernetesError("NotLeading", "the controller stops while pods are being stopped");
    await pause(LOOK_AGAIN_MILLISECONDS, stopped, clock);
  }
}

async function removeMarks({ target }: Autoscaler, { pods }: WorkloadPods, terms: TidyTerms): Promise<void> {
  const marked = pods.filter(({ deletionCost, isEnding }) => deletionCost?.isOurs === true && !isEnding).values();
  const removeInTurn = async () => {
    for (const pod of marked) await terms.pods.mark(target.namespace, pod, undefined, notAborted());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, removeInTurn));
}

/** Each call has its own time limit; marks are removed also while the controller stops. */
function notAborted(): AbortSignal {
  return new AbortController().signal;
}
