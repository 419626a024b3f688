import { equal, type Fields, fieldsAt, type KubeObject, kubeTime, numberAt, textAt } from "../objects.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import type { Cluster } from "./call.ts";
import { conflict, forbidden } from "./status-error.ts";

const LASTING_NAMESPACES: ReadonlySet<string> = new Set(["default", "kube-public", "kube-system"]);

interface DeleteOptions {
  readonly propagationPolicy?: string;
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: Fields;
  readonly dryRun?: boolean;
}

/** Reads DeleteOptions from a body and a query; the query wins. */
export function deleteOptions(body: Fields, query: URLSearchParams): DeleteOptions {
  const asked = query.get("gracePeriodSeconds");
  const grace = asked === null ? numberAt(body, "gracePeriodSeconds") : Number(asked);
  const dryRun = query.get("dryRun") === "All" || equal(body.dryRun, ["All"]);
  const orphans = query.get("orphanDependents") === "true" || body.orphanDependents === true;
  const policy = query.get("propagationPolicy") ?? textAt(body, "propagationPolicy");
  return {
    propagationPolicy: policy === "" && orphans ? "Orphan" : policy,
    preconditions: fieldsAt(body, "preconditions"),
    dryRun,
    ...(grace !== undefined && Number.isFinite(grace) && { gracePeriodSeconds: grace }),
  };
}

/** Deletes an object, or marks it if finalizers or its grace period keep it. Returns whether it is gone. */
export function deleteObject(
  cluster: Cluster,
  type: ResourceType,
  existing: KubeObject,
  options: DeleteOptions = {},
): { readonly object: KubeObject; readonly gone: boolean } {
  const { name, namespace } = existing.metadata;
  if (type.id === "namespaces" && LASTING_NAMESPACES.has(name)) {
    throw forbidden(type, name, "this namespace may not be deleted");
  }
  checkPreconditions(type, existing, options.preconditions ?? {});
  const graceSeconds = options.gracePeriodSeconds ?? type.graceSeconds?.(existing) ?? 0;
  const grace = type.graceSeconds === undefined || type.graceSeconds(existing) === 0 ? 0 : graceSeconds;
  const finalizers = finalizersFor(existing, options.propagationPolicy ?? "");
  const stays = finalizers.length > 0 || grace > 0 || type.id === "namespaces";
  if (!stays) {
    const last = options.dryRun === true ? existing : cluster.store.remove(type.id, namespace, name);
    return { object: last ?? existing, gone: true };
  }
  const marked = mark(type, existing, finalizers, grace, cluster.now());
  if (options.dryRun === true || equal(marked, existing)) return { object: marked, gone: false };
  return { object: cluster.store.put(type.id, marked), gone: false };
}

function checkPreconditions(type: ResourceType, existing: KubeObject, preconditions: Fields): void {
  const { name, uid, resourceVersion } = existing.metadata;
  const [wantedUid, wantedVersion] = [textAt(preconditions, "uid"), textAt(preconditions, "resourceVersion")];
  if (wantedUid !== "" && wantedUid !== uid) {
    const text = `the UID in the precondition (${wantedUid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict({ ...type, plural: type.kind }, name, text);
  }
  if (wantedVersion !== "" && wantedVersion !== resourceVersion) {
    const text = `Precondition failed: ResourceVersion in precondition: ${wantedVersion}, ResourceVersion in object meta: ${resourceVersion}`;
    throw conflict(type, name, text);
  }
}

function finalizersFor(existing: KubeObject, policy: string): readonly string[] {
  const own = (existing.metadata.finalizers ?? []).filter((one) => one !== "foregroundDeletion" && one !== "orphan");
  if (existing.metadata.deletionTimestamp !== undefined) return existing.metadata.finalizers ?? [];
  if (policy === "Foreground") return [...own, "foregroundDeletion"];
  if (policy === "Orphan") return [...own, "orphan"];
  return own;
}

function mark(
  type: ResourceType,
  existing: KubeObject,
  finalizers: readonly string[],
  grace: number,
  now: number,
): KubeObject {
  const before = existing.metadata;
  const metadata = {
    ...before,
    ...(finalizers.length > 0 && { finalizers }),
    deletionTimestamp: before.deletionTimestamp ?? kubeTime(now + grace * 1000),
    deletionGracePeriodSeconds: Math.min(grace, before.deletionGracePeriodSeconds ?? grace),
    ...(before.generation !== undefined &&
      before.deletionTimestamp === undefined && { generation: before.generation + 1 }),
  };
  if (type.id !== "namespaces") return { ...existing, metadata };
  return { ...existing, metadata, status: { ...fieldsAt(existing, "status"), phase: "Terminating" } };
}
