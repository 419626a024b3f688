import type { Autoscaler, Memory, Problem, WorkloadReference } from "../core/index.ts";
import { type KubernetesObject, originOf } from "./kubernetes-object.ts";
import { warning } from "./problems.ts";

/** Kubernetes' default. */
const USUAL_GRACE_SECONDS = 30;

/** Looks up how many seconds the pods of the workloads among these objects get to end. */
export function graceSecondsIn(objects: readonly unknown[]): (target: WorkloadReference) => number | undefined {
  const found = new Map<string, number>();
  for (const object of objects) {
    const { kind } = (object ?? {}) as KubernetesObject;
    const seconds = graceSecondsOf(object);
    if (typeof kind !== "string" || seconds === undefined) continue;
    const { namespace, name } = originOf(kind, object as KubernetesObject);
    found.set([kind, namespace, name].join("/"), seconds);
  }
  return ({ kind, namespace, name }) => found.get([kind, namespace, name].join("/"));
}

/** How many seconds a workload's pods get to end; undefined: it has no template of pods. */
export function graceSecondsOf(workload: unknown): number | undefined {
  const { spec } = (workload ?? {}) as KubernetesObject;
  const { template } = (spec ?? {}) as { readonly template?: { readonly spec?: Record<string, unknown> | null } };
  if (typeof template?.spec !== "object" || template.spec === null) return undefined;
  const { terminationGracePeriodSeconds: stated } = template.spec;
  return typeof stated === "number" ? stated : USUAL_GRACE_SECONDS;
}

/** A warning where a message takes longer than a pod gets to end, and nothing protects a busy worker. */
export function tooShortGrace(
  { autoscaler, memory }: { readonly autoscaler: Autoscaler; readonly memory: Memory },
  graceSeconds: number,
): readonly Problem[] {
  if (autoscaler.busyWorkers !== undefined || autoscaler.profile === "worker-autoscaler-jobs") return [];
  const seconds = secondsPerMessage(autoscaler, memory);
  if (seconds <= graceSeconds) return [];
  const { kind, name } = autoscaler.target;
  const message = `a message takes ${Number(seconds.toPrecision(3))} s, and the pods of ${kind} ${name} get ${graceSeconds} s to end (terminationGracePeriodSeconds): a scale-down may interrupt workers`;
  return [warning("", message, "raise terminationGracePeriodSeconds, or protect workers by busyWorkers")];
}

/** The longest time of a message that is stated or was learned; 0: none is known. */
function secondsPerMessage({ secondsPerMessage: stated = 0, signals }: Autoscaler, { drains }: Memory): number {
  const known = signals.map(({ name, rule }) => {
    const said = "secondsPerMessage" in rule ? rule.secondsPerMessage : undefined;
    return drains?.[name]?.learned?.secondsPerMessage ?? said ?? 0;
  });
  return Math.max(stated, ...known);
}
