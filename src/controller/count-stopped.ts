import { type Autoscaler, isProtected, type WorkerPod } from "../core/index.ts";
import { KubernetesError, type WorkloadPods } from "../kubernetes/ports.ts";
import { pause } from "../shared/async.ts";
import { askWorkers } from "./ask-workers.ts";
import type { Survey, SurveyTerms } from "./survey-workers.ts";

/** A worker that is told to stop may need a moment for that, and a source with statistics of its own some seconds. */
const WATCH_MILLISECONDS = 15_000;
const FIRST_PAUSE_MILLISECONDS = 100;
const LONGEST_PAUSE_MILLISECONDS = 1_000;

/** What was seen of a workload's pods since the scale was written. */
interface Seen {
  readonly pods: readonly WorkerPod[];
  /** Those that are being stopped, as far as they are still there. */
  readonly going: readonly WorkerPod[];
  /** Those that are being stopped, or have gone. */
  readonly gone: readonly WorkerPod[];
  /** Since when no more of them are there than should be. */
  readonly goneAt?: number;
}

/**
 * Which workers were busy when a scale-down stopped them: those that went although they were busy before the scale was
 * written (`last`), and those that are seen at work from then until they are gone. Asks at once, as a worker may give
 * its message back as soon as it is told to stop. Never rejects with a KubernetesError; when `ended` aborts, what is known by then.
 */
export async function findStoppedBusy(
  autoscaler: Autoscaler,
  { leaving, last }: { readonly leaving: readonly string[]; readonly last: Survey },
  terms: SurveyTerms,
  ended: AbortSignal,
): Promise<readonly string[]> {
  const { clock } = terms;
  const before = (last.workload?.pods ?? []).filter(({ isEnding }) => !isEnding);
  const chosen = before.filter(({ name }) => leaving.includes(name));
  const busy = new Set("unknown" in last.seen ? [] : last.seen.busy.map(({ pod }) => pod));
  const until = clock.monotonic() + WATCH_MILLISECONDS;
  let seen: Seen = { pods: before, going: chosen, gone: chosen };
  for (let wait = FIRST_PAUSE_MILLISECONDS; ; wait = Math.min(1.25 * wait, LONGEST_PAUSE_MILLISECONDS)) {
    const isAnswered = await addBusy(busy, seen, autoscaler, terms, ended);
    const isOver = seen.goneAt !== undefined && (isAnswered || seen.going.length === 0);
    if (isOver || ended.aborted || clock.monotonic() > until) break;
    await pause(wait, ended, clock);
    const workload = await listNow(autoscaler, terms, ended);
    // What was seen before counts.
    if (workload === undefined) break;
    seen = see(workload, before, seen.goneAt ?? clock.wall());
  }
  return seen.gone.map(({ name }) => name).filter((name) => busy.has(name));
}

/** Adds those that are being stopped and are busy. False: what was said is of an earlier moment, or nothing was. */
async function addBusy(
  busy: Set<string>,
  { pods, going, goneAt }: Seen,
  autoscaler: Autoscaler,
  terms: SurveyTerms,
  signal: AbortSignal,
): Promise<boolean> {
  const now = terms.clock.wall();
  for (const pod of going) if (isProtected(pod, now)) busy.add(pod.name);
  const said = await askWorkers(autoscaler, pods, going, terms, signal);
  if ("unknown" in said) return false;
  for (const { name } of going) {
    if (said.answers.get(name)?.state === "busy" && !said.unanswered.has(name)) busy.add(name);
  }
  return said.saidAt === undefined || said.saidAt >= (goneAt ?? now);
}

function see({ pods, replicas }: WorkloadPods, before: readonly WorkerPod[], now: number): Seen {
  const wereThere = new Set(before.map(({ uid }) => uid));
  const present = new Set(pods.filter(({ isEnding }) => !isEnding).map(({ uid }) => uid));
  const going = pods.filter(({ uid, isEnding }) => isEnding && wereThere.has(uid));
  const gone = before.filter(({ uid }) => !present.has(uid));
  return present.size <= replicas ? { pods, going, gone, goneAt: now } : { pods, going, gone };
}

async function listNow(
  { target }: Autoscaler,
  { pods }: SurveyTerms,
  signal: AbortSignal,
): Promise<WorkloadPods | undefined> {
  try {
    return await pods.list(target, "storage", signal);
  } catch (error) {
    if (error instanceof KubernetesError) return undefined;
    throw error;
  }
}
