import { type Instant, type Origin, type Problem, printable } from "../core/index.ts";
import { shown } from "./problems.ts";

/** What every Kubernetes object says of itself, as far as it is there. */
export interface KubernetesObject {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly metadata?: {
    readonly name?: unknown;
    readonly namespace?: unknown;
    readonly uid?: unknown;
    readonly generation?: unknown;
    readonly creationTimestamp?: unknown;
  };
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** The origin of an object of that kind; a manifest without a namespace is of the namespace "default", as for kubectl. */
export function originOf(kind: string, object: KubernetesObject): Origin {
  const { name, namespace, uid, generation, creationTimestamp } = object.metadata ?? {};
  const createdAt = instantOf(creationTimestamp);
  return {
    kind,
    namespace: typeof namespace === "string" && namespace !== "" ? namespace : "default",
    name: typeof name === "string" ? name : "",
    ...(typeof uid === "string" ? { uid } : {}),
    ...(typeof generation === "number" ? { generation } : {}),
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

/** What is wrong with an object's name and version. A left out version counts as right. */
export function identityProblems({ apiVersion, metadata }: KubernetesObject, expected: string): readonly Problem[] {
  const problems: Problem[] = [];
  if (apiVersion !== undefined && apiVersion !== expected) {
    problems.push({ path: "apiVersion", message: `expected ${expected}, got ${shown(apiVersion)}` });
  }
  if (typeof metadata?.name !== "string" || metadata.name === "") {
    problems.push({ path: "metadata.name", message: `expected a name, got ${shown(metadata?.name)}` });
  } else if (printable(metadata.name) !== metadata.name) {
    problems.push({ path: "metadata.name", message: "expected a name without control characters" });
  }
  const { namespace } = metadata ?? {};
  if (typeof namespace === "string" && printable(namespace) !== namespace) {
    problems.push({ path: "metadata.namespace", message: "expected a name without control characters" });
  }
  return problems;
}

/** A name that is unique in this process. */
export function idOf({ kind, namespace, name }: Origin): string {
  return `${kind}/${namespace}/${name}`;
}

/** An RFC 3339 time, where there is one. */
export function instantOf(time: unknown): Instant | undefined {
  if (typeof time !== "string") return undefined;
  const instant = Date.parse(time);
  return Number.isNaN(instant) ? undefined : instant;
}

/** The workload's replicas as a status has them under this name. */
export function reportedReplicas(status: unknown, name: string): { readonly reportedReplicas?: number } {
  const replicas = (status as Readonly<Record<string, unknown>> | undefined)?.[name];
  return typeof replicas === "number" ? { reportedReplicas: replicas } : {};
}
