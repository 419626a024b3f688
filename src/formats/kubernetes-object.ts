import type * as z from "zod";
import { type Instant, type Origin, type Problem, printable } from "../core/index.ts";
import { parseNotifyTargets } from "../shared/notify-target.ts";
import type { JsonSchema } from "./field-schemas.ts";
import { problem, schemaProblems, shown, sizeProblems, unknownFields, warning } from "./problems.ts";

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
    readonly annotations?: unknown;
  };
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** The origin of an object of that kind; a manifest without a namespace is of the namespace "default", as for kubectl. */
export function originOf(kind: string, object: KubernetesObject): Origin {
  const { name, namespace, uid, generation, creationTimestamp } = object.metadata ?? {};
  const createdAt = instantOf(creationTimestamp);
  const read = readNotify(object);
  const notify = "targets" in read ? read.targets : [];
  return {
    kind,
    namespace: typeof namespace === "string" && namespace !== "" ? namespace : "default",
    name: typeof name === "string" ? name : "",
    ...(typeof uid === "string" ? { uid } : {}),
    ...(typeof generation === "number" ? { generation } : {}),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(notify.length === 0 ? {} : { notify }),
  };
}

/** Receivers of an object's notifications, as a list of addresses. */
const NOTIFY_ANNOTATION = "muster.dev/notify";

function readNotify({ metadata }: KubernetesObject): ReturnType<typeof parseNotifyTargets> {
  const text = (metadata?.annotations as Readonly<Record<string, unknown>> | undefined)?.[NOTIFY_ANNOTATION];
  return typeof text === "string" ? parseNotifyTargets(text) : { targets: [] };
}

/** A wrong address keeps nothing from being scaled. */
function notifyProblems(object: KubernetesObject): readonly Problem[] {
  const read = readNotify(object);
  return "problem" in read ? [warning(`metadata.annotations["${NOTIFY_ANNOTATION}"]`, read.problem)] : [];
}

/** What an object is, its spec by the schema, and all that is wrong so far. Without a spec it cannot be used. */
interface ReadObject<Spec> {
  readonly id: string;
  readonly origin: Origin;
  readonly spec?: Spec;
  readonly problems: readonly Problem[];
}

/** How a kind's objects are read. A left out version counts as right. */
interface KindToRead<Schema extends z.ZodType> {
  readonly kind: string;
  readonly apiVersion: string;
  readonly schema: Schema;
  /** The fields that there are. */
  readonly shape: () => JsonSchema;
  /** Parts of the spec whose values are not shown, and whose fields others check. */
  readonly isElsewhere?: (path: readonly PropertyKey[]) => boolean;
}

/** Reads an object of one of our kinds. */
export function readObject<Schema extends z.ZodType>(
  object: KubernetesObject,
  { kind, apiVersion, schema, shape, isElsewhere }: KindToRead<Schema>,
): ReadObject<z.output<Schema>> {
  const origin = originOf(kind, object);
  const base = { id: idOf(origin), origin };
  const named = [...identityProblems(object, apiVersion), ...notifyProblems(object)];
  const oversized = sizeProblems(object.spec);
  if (oversized.length > 0) return { ...base, problems: [...named, ...oversized] };
  const parsed = schema.safeParse(object.spec);
  const options = { under: ["spec"], ...(isElsewhere && { hide: isElsewhere }) };
  const wrong = parsed.success ? [] : schemaProblems(parsed.error, object.spec, options);
  const problems = [...named, ...wrong, ...unknownFields(object.spec, shape(), ["spec"], isElsewhere)];
  return parsed.success ? { ...base, spec: parsed.data, problems } : { ...base, problems };
}

function* identityProblems({ apiVersion, metadata }: KubernetesObject, expected: string): Iterable<Problem> {
  const { name, namespace } = metadata ?? {};
  if (apiVersion !== undefined && apiVersion !== expected) {
    yield problem("apiVersion", `expected ${expected}, got ${shown(apiVersion)}`);
  }
  if (typeof name !== "string" || name === "") yield problem("metadata.name", `expected a name, got ${shown(name)}`);
  for (const [field, text] of Object.entries({ name, namespace })) {
    if (typeof text !== "string" || printable(text) === text) continue;
    yield problem(`metadata.${field}`, "expected a name without control characters");
  }
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
