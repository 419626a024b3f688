import type { WorkloadReference } from "../../core/index.ts";
import type { Workloads } from "../ports.ts";

/** Workloads of any kind: Jobs by `jobs`, all others by `others`. */
export function withJobs(others: Workloads, jobs: Workloads): Workloads {
  const those = ({ apiVersion, kind }: WorkloadReference) =>
    apiVersion === "batch/v1" && kind === "Job" ? jobs : others;
  return {
    follow: (workload, changed) => those(workload).follow(workload, changed),
    scale: (workload, change, signal) => those(workload).scale(workload, change, signal),
  };
}
