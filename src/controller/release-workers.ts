import { type Autoscaler, LEAVING_COST, type WorkerPod } from "../core/index.ts";
import type { ScaleWrite } from "../engine/events.ts";
import type { WriteFailure } from "../engine/scaler.ts";
import { KubernetesError, type Pods } from "../kubernetes/ports.ts";
import { pause } from "../shared/async.ts";
import type { Clock } from "./clock.ts";
import { inWords, type Survey } from "./survey-workers.ts";

export interface ReleaseTerms {
  readonly clock: Clock;
  readonly pods: Pods;
  readonly autoscaler: Autoscaler;
  readonly change: ScaleWrite["change"] & { readonly leaving: readonly string[] };
  /** What the decision was made on. */
  readonly first: Survey;
  /** Who is busy now. */
  readonly survey: (signal: AbortSignal) => Promise<Survey>;
}

/** Kubernetes would stop those pods now: the scale may be written, of this resourceVersion. */
export interface Released {
  readonly resourceVersion: string;
  /** As many of those that were to go as may go. */
  readonly leaving: readonly string[];
  /** Why not all of them. */
  readonly because?: string;
  /** Who was busy right before. */
  readonly last: Survey;
}

const AT_ONCE = 8;
/** A cache that is further behind than this is in trouble. */
const SEEN_WITHIN_MILLISECONDS = 10_000;
const LOOK_AGAIN_MILLISECONDS = 100;
/** 0.6 s was too soon for Kubernetes' controllers to heed a cost (kubernetes#126138). */
const SETTLING_MILLISECONDS = 1_000;

/** RabbitMQ makes its statistics every 5 s, Prometheus asks its targets every minute or more often. */
const STATISTICS_WITHIN_MILLISECONDS = 75_000;

/**
 * Marks the pods that are to go, waits until Kubernetes heeds that, and asks once more who is busy: those that go before
 * the first busy one may go. Rejects with a KubernetesError; the marks stay in any case. With Prefer what fails is left
 * out: then Kubernetes chooses.
 */
export async function releaseWorkers(terms: ReleaseTerms, signal: AbortSignal): Promise<Released | WriteFailure> {
  const { autoscaler, change, first } = terms;
  const isPrefer = autoscaler.busyWorkers?.protect === "Prefer";
  let unmarked: ReadonlyMap<string, string> = new Map();
  try {
    unmarked = await markLeaving(terms, signal);
  } catch (error) {
    if (!isPrefer || !(error instanceof KubernetesError) || error.kind === "NotLeading") throw forbidden(error, terms);
  }
  const last = await (isPrefer ? terms.survey(signal) : surveyAfterMarks(terms, signal));
  signal.throwIfAborted();
  const { workload } = last;
  if (workload !== undefined && workload.replicas !== change.from) {
    return { kind: "Conflict", message: `expected ${change.from} replicas, as decided on, got ${workload.replicas}` };
  }
  const { resourceVersion } = workload ?? change;
  const { leaving } = change;
  const stays = isPrefer ? undefined : findStaying(leaving, unmarked, first, last);
  if (stays === undefined) return { resourceVersion, leaving, last };
  const { position, because } = stays;
  if (position === 0) return { kind: "WorkersBusy", message: because };
  return { resourceVersion, leaving: leaving.slice(0, position), because, last };
}

/** A source with statistics of its own, such as RabbitMQ's, is asked until they were made after the marks. */
async function surveyAfterMarks({ clock, survey }: ReleaseTerms, signal: AbortSignal): Promise<Survey> {
  const markedAt = clock.wall() - SETTLING_MILLISECONDS;
  const until = clock.monotonic() + STATISTICS_WITHIN_MILLISECONDS;
  for (;;) {
    const { saidAt, ...last } = await survey(signal);
    if (saidAt === undefined || saidAt >= markedAt) return last;
    if (clock.monotonic() > until) {
      const unknown = `what the source says is older than the marks, ${STATISTICS_WITHIN_MILLISECONDS / 1000} s after them`;
      return { ...last, seen: { at: clock.wall(), unknown } };
    }
    await pause(SETTLING_MILLISECONDS, signal, clock);
    signal.throwIfAborted();
  }
}

/**
 * The first of those that were to go that must stay, in the order in which they go, with the reason as a sentence. Those
 * that were busy when it was decided go by force. One without a mark stays also where it is idle again by now: Kubernetes
 * would choose among all that have none.
 */
function findStaying(
  leaving: readonly string[],
  unmarked: ReadonlyMap<string, string>,
  first: Survey,
  { seen, workload }: Survey,
): { readonly position: number; readonly because: string } | undefined {
  const forced = "unknown" in first.seen ? [] : first.seen.busy.map(({ pod }) => pod);
  if ("unknown" in seen && !leaving.some((pod) => forced.includes(pod))) return { position: 0, because: seen.unknown };
  const idle = "unknown" in seen ? leaving : seen.idle;
  const busyAt = leaving.findIndex((pod) => unmarked.has(pod) || !(idle.includes(pod) || forced.includes(pod)));
  const pod = leaving[busyAt];
  if (pod === undefined) return undefined;
  // One whose cost another controller wrote goes after all that have our mark: the busy one among them.
  const foreign = new Set(
    workload?.pods.filter(({ deletionCost }) => deletionCost?.isOurs === false).map(({ name }) => name),
  );
  const foreignAt = leaving.findIndex((one) => foreign.has(one));
  const position = foreignAt === -1 ? busyAt : Math.min(busyAt, foreignAt);
  const why = unmarked.get(pod) ?? whyNotIdle(pod, seen);
  return { position, because: `${pod} was idle and cannot be stopped now: ${why}` };
}

function whyNotIdle(pod: string, seen: Survey["seen"]): string {
  if ("unknown" in seen) return seen.unknown;
  const busy = seen.busy.find((one) => one.pod === pod);
  return busy?.because ?? seen.heldBecause ?? "it is not there any longer";
}

/** Resolves with those that carry neither our mark nor another controller's from before, and why. */
async function markLeaving(terms: ReleaseTerms, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const { autoscaler, change, first, pods } = terms;
  const { leaving } = change;
  const byName = new Map(first.workload?.pods.map((pod) => [pod.name, pod]));
  const { namespace } = autoscaler.target;
  const marked = new Set<string>();
  const unmarked = new Map<string, string>();
  const waiting = leaving.entries();
  const markInTurn = async () => {
    for (const [index, name] of waiting) {
      const pod = byName.get(name);
      // Another controller's cost stays; it was reckoned with.
      if (pod?.deletionCost?.isOurs === false) continue;
      // A call that has begun is awaited, so that what removes the marks sees them all.
      const after =
        pod && (await pods.mark(namespace, pod, LEAVING_COST - leaving.length + index, new AbortController().signal));
      if (after?.deletionCost?.isOurs === true) marked.add(after.uid);
      else unmarked.set(name, whyUnmarked(after));
      if (signal.aborted) return;
    }
  };
  await removeStrayMarks(terms);
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, leaving.length) }, markInTurn));
  signal.throwIfAborted();
  await waitUntilSeen(marked, terms, signal);
  await pause(SETTLING_MILLISECONDS, signal, terms.clock);
  signal.throwIfAborted();
  return unmarked;
}

/** Marks of an earlier scale-down that could not be removed would make others go first. */
async function removeStrayMarks({ autoscaler, change, first, pods }: ReleaseTerms): Promise<void> {
  for (const pod of first.workload?.pods ?? []) {
    if (pod.deletionCost?.isOurs !== true || pod.isEnding || change.leaving.includes(pod.name)) continue;
    await pods.mark(autoscaler.target.namespace, pod, undefined, new AbortController().signal);
  }
}

function whyUnmarked(pod: WorkerPod | undefined): string {
  if (pod === undefined) return "it is gone";
  if (pod.isEnding) return "somebody has deleted it";
  return pod.protectedUntil === undefined ? "another controller wrote its deletion cost" : "it has been protected";
}

async function waitUntilSeen(marked: ReadonlySet<string>, terms: ReleaseTerms, signal: AbortSignal): Promise<void> {
  const { clock, pods, autoscaler } = terms;
  const until = clock.monotonic() + SEEN_WITHIN_MILLISECONDS;
  const isUnseen = ({ uid, deletionCost, isEnding }: WorkerPod) =>
    !isEnding && (deletionCost?.isOurs === true) !== marked.has(uid);
  while ((await pods.list(autoscaler.target, "cache", signal)).pods.some(isUnseen)) {
    if (clock.monotonic() > until) {
      const seconds = SEEN_WITHIN_MILLISECONDS / 1000;
      throw new KubernetesError("TimedOut", `expected the API server's cache to show the marks within ${seconds} s`);
    }
    await pause(LOOK_AGAIN_MILLISECONDS, signal, clock);
    signal.throwIfAborted();
  }
}

function forbidden(error: unknown, { autoscaler }: ReleaseTerms): unknown {
  if (!(error instanceof KubernetesError) || error.kind !== "Forbidden") return error;
  return new KubernetesError("Forbidden", inWords(error, autoscaler), { cause: error });
}
