import { type Autoscaler, type Instant, isProtected, seeWorkers, type WorkersSeen } from "../core/index.ts";
import { KubernetesError, type Pods, type WorkloadPods } from "../kubernetes/ports.ts";
import { runWithin } from "../shared/async.ts";
import { type AskTerms, askWorkers } from "./ask-workers.ts";

export interface SurveyTerms extends AskTerms {
  readonly pods: Pods;
}

/** Who is busy, and the pods that this was asked about. */
export interface Survey {
  readonly seen: WorkersSeen;
  /** Absent: they could not be listed. */
  readonly workload?: WorkloadPods;
  /** The moment of which the source speaks; absent: the present one. */
  readonly saidAt?: Instant;
}

const SURVEY_SECONDS = 30;

/** Finds out who of a workload's workers is busy, within 30 s. Never rejects: a failure becomes the reason why it is not known. */
export async function surveyWorkers(autoscaler: Autoscaler, terms: SurveyTerms, signal: AbortSignal): Promise<Survey> {
  const { clock } = terms;
  const unknown = (because: string): Survey => ({ seen: { at: clock.wall(), unknown: because } });
  const late = new Error(`who is busy could not be found out within ${SURVEY_SECONDS} s`);
  const limit = { milliseconds: SURVEY_SECONDS * 1000, signal, timers: clock, reason: () => late };
  try {
    return await runWithin(limit, async (ending) => {
      const workload = await terms.pods.list(autoscaler.target, "storage", ending);
      const candidates = workload.pods.filter((pod) => !pod.isEnding && !isProtected(pod, clock.wall()));
      const said = await askWorkers(autoscaler, workload.pods, candidates, terms, ending);
      if ("unknown" in said) return { ...unknown(said.unknown), workload };
      const costsCount = await terms.pods.ordersByCost(ending);
      const seen = seeWorkers({ pods: workload.pods, ...said, costsCount, now: clock.wall() });
      return said.saidAt === undefined ? { seen, workload } : { seen, workload, saidAt: said.saidAt };
    });
  } catch (error) {
    if (error instanceof KubernetesError) return unknown(inWords(error, autoscaler));
    return unknown(error instanceof Error ? error.message : String(error));
  }
}

/** What the API server refuses, with what to do about it. */
export function inWords({ kind, message }: KubernetesError, { target }: Autoscaler): string {
  if (kind !== "Forbidden") return message;
  return `the controller may not list and patch pods in ${target.namespace}: grant deploy/busy-workers.yaml, or rbac.busyWorkers of the chart (${message})`;
}
