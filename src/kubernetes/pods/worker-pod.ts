import type { Instant, WorkerPod } from "../../core/index.ts";
import type { KubernetesObject } from "../objects.ts";

/** What Kubernetes stops a ReplicaSet's pods by, the lowest first. */
export const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";
/** The same value again: a cost without it, or with another one, is another controller's. */
export const OUR_COST = "muster.dev/deletion-cost";
/** A moment (RFC 3339), or "true": the worker is busy until then. */
export const PROTECTED_UNTIL = "muster.dev/protected-until";

/** As much of a pod's object as is read here. */
interface PodParts {
  readonly metadata: {
    readonly ownerReferences?: readonly {
      readonly kind: string;
      readonly name: string;
      readonly uid: string;
      readonly controller?: boolean;
    }[];
  };
  readonly spec?: { readonly nodeName?: string; readonly hostname?: string };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime?: string;
    }[];
    readonly containerStatuses?: readonly { readonly restartCount?: number }[];
  };
}

/** What controls a pod, such as a ReplicaSet. */
export function controllerOf(object: KubernetesObject): { kind: string; name: string; uid: string } | undefined {
  const { metadata } = object as KubernetesObject & PodParts;
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** Undefined: the pod has ended, and counts for nothing. */
export function asWorkerPod(object: KubernetesObject): WorkerPod | undefined {
  const { metadata, spec, status } = object as KubernetesObject & PodParts;
  const phase = status?.phase ?? "Pending";
  if (phase === "Succeeded" || phase === "Failed") return undefined;
  const owner = controllerOf(object);
  const cost = costOf(metadata.annotations ?? {});
  const protectedUntil = protectionOf(metadata.annotations?.[PROTECTED_UNTIL]);
  return {
    ...{ name: metadata.name, uid: metadata.uid, resourceVersion: metadata.resourceVersion },
    ...(status?.podIP ? { ip: status.podIP } : {}),
    ...(spec?.hostname ? { hostName: spec.hostname } : {}),
    ...(owner ? { owner: { kind: owner.kind, uid: owner.uid } } : {}),
    ...(spec?.nodeName ? { node: spec.nodeName } : {}),
    phase: phase === "Pending" || phase === "Running" ? phase : "Unknown",
    ...readinessOf(status?.conditions),
    restarts: Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount = 0 }) => restartCount)),
    createdAt: momentOf(metadata.creationTimestamp) ?? 0,
    ...(cost ? { deletionCost: cost } : {}),
    ...(protectedUntil === undefined ? {} : { protectedUntil }),
    isEnding: metadata.deletionTimestamp !== undefined,
  };
}

function readinessOf(
  conditions: NonNullable<PodParts["status"]>["conditions"],
): Pick<WorkerPod, "isReady" | "readySince"> {
  const ready = conditions?.find(({ type }) => type === "Ready");
  if (ready?.status !== "True") return { isReady: false };
  const readySince = momentOf(ready.lastTransitionTime);
  return { isReady: true, ...(readySince === undefined ? {} : { readySince }) };
}

function costOf(annotations: Readonly<Record<string, string>>): WorkerPod["deletionCost"] {
  const written = annotations[DELETION_COST];
  if (written === undefined) return undefined;
  const value = Number(written);
  // What is no number counts as 0 in Kubernetes.
  return { value: Number.isInteger(value) ? value : 0, isOurs: annotations[OUR_COST] === written };
}

/** What cannot be read protects: a worker whose wish is not understood is not stopped. */
function protectionOf(written: string | undefined): WorkerPod["protectedUntil"] {
  if (written === undefined || written === "false") return undefined;
  return momentOf(written) ?? "forever";
}

function momentOf(written: string | undefined): Instant | undefined {
  const moment = Date.parse(written ?? "");
  return Number.isNaN(moment) ? undefined : moment;
}
