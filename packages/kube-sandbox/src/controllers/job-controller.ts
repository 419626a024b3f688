import {
  type Fields,
  fieldsAt,
  type KubeObject,
  kubeTime,
  listAt,
  numberAt,
  randomSuffix,
  textAt,
  valueAt,
} from "../objects.ts";
import type { Cluster } from "../rest/call.ts";
import { addPod } from "./pod-controllers.ts";
import { controlledBy, isReady, isStopping, type WorkloadController } from "./workload-controller.ts";

/** Runs the pods of each Job until enough of them succeeded or too many failed. */
export const jobs: WorkloadController = {
  resource: "jobs.batch",
  kind: "Job",
  makes: "pods",
  reconcile: (cluster, job) => {
    if (endOf(job) !== undefined) return fieldsAt(job, "status");
    const pods = controlledBy(cluster, job, "pods");
    const failed = pods.filter(inPhase("Failed")).length;
    const succeeded = pods.filter(inPhase("Succeeded")).length;
    const wanted = numberAt(job, "spec", "completions") ?? 1;
    const isOver = succeeded >= wanted || failed > (numberAt(job, "spec", "backoffLimit") ?? 6);
    if (!isOver && valueAt(job, "spec", "suspend") !== true) {
      const most = Math.min(numberAt(job, "spec", "parallelism") ?? 1, wanted - succeeded);
      for (let count = pods.filter(isActive).length; count < most; count += 1) createPod(cluster, job);
    }
    return jobStatus(job, controlledBy(cluster, job, "pods"), { succeeded, failed, isOver }, kubeTime(cluster.now()));
  },
};

const inPhase = (phase: string) => (pod: KubeObject) => textAt(pod, "status", "phase") === phase;
const isActive = (pod: KubeObject) => !isStopping(pod) && !inPhase("Succeeded")(pod) && !inPhase("Failed")(pod);

function endOf(job: KubeObject): unknown {
  return listAt(job, "status", "conditions").find((one) => ["Complete", "Failed"].includes(textAt(one, "type")));
}

function createPod(cluster: Cluster, job: KubeObject): void {
  const name = `${job.metadata.name}-${randomSuffix()}`;
  addPod(cluster, job, "Job", name, `Created pod: ${name}`);
}

function jobStatus(
  job: KubeObject,
  pods: readonly KubeObject[],
  { succeeded, failed, isOver }: { readonly succeeded: number; readonly failed: number; readonly isOver: boolean },
  time: string,
): Fields {
  const active = pods.filter(isActive).length;
  const startTime = textAt(job, "status", "startTime") || time;
  return {
    startTime,
    ready: pods.filter(isReady).length,
    ...(active > 0 && !isOver && { active }),
    ...(succeeded > 0 && { succeeded }),
    ...(failed > 0 && { failed }),
    ...(isOver && ending(succeeded >= (numberAt(job, "spec", "completions") ?? 1), time)),
  };
}

function ending(isComplete: boolean, time: string): Fields {
  const dated = { status: "True", lastProbeTime: time, lastTransitionTime: time };
  if (isComplete) return { completionTime: time, conditions: [{ type: "Complete", ...dated }] };
  const message = "Job has reached the specified backoff limit";
  return { conditions: [{ type: "Failed", ...dated, reason: "BackoffLimitExceeded", message }] };
}
