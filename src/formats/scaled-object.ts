import type { Memory, Parsed, Problem } from "../core/index.ts";
import { ownValue } from "../shared/own-value.ts";
import { type Draft, inOriginal } from "./convert/draft.ts";
import { fromScaledObject } from "./convert/from-scaled-object.ts";
import type { AuthenticationReference, Authentications } from "./convert/trigger-parameters.ts";
import { idOf, instantOf, type KubernetesObject, originOf } from "./kubernetes-object.ts";
import { isError, problem } from "./problems.ts";
import type { SecretLookup, SecretReference } from "./source-settings.ts";
import { list, record } from "./stored.ts";
import { parseWorkerAutoscaler, WORKER_AUTOSCALER, WORKER_AUTOSCALER_API_VERSION } from "./worker-autoscaler.ts";

/** The kind, as stored objects spell it. */
export const SCALED_OBJECT = "ScaledObject";

/** What a ScaledObject needs besides itself: KEDA's TriggerAuthentications, and the keys of Secrets that they name. */
export interface ScaledObjectContext extends Omit<Authentications, "namespace"> {
  readonly secrets?: SecretLookup | undefined;
}

/** Credentials of a trigger are looked up under this name until it is known that the trigger states them itself. */
const STATED = /^stated-by\.trigger-(\d+)$/;

/**
 * Makes an autoscaler of a KEDA ScaledObject, or reports all that is wrong with it. It means what `muster convert` would
 * make of it. A trigger that cannot be kept refuses the object: without it, the number could be too small.
 */
export function parseScaledObject(object: KubernetesObject, context: ScaledObjectContext = { among: [] }): Parsed {
  const origin = originOf(SCALED_OBJECT, object);
  const id = idOf(origin);
  const draft = fromScaledObject(object, { ...context, secretOf: (trigger) => `stated-by.trigger-${trigger}` });
  const refused = [...draft.problems, ...(draft.leftOut ?? [])];
  if (refused.some(isError)) return { id, origin, problems: refused };
  const { name, namespace, spec } = draft;
  const made = parseWorkerAutoscaler(
    {
      apiVersion: WORKER_AUTOSCALER_API_VERSION,
      kind: WORKER_AUTOSCALER,
      metadata: { ...object.metadata, name, namespace },
      spec,
    },
    { secrets: (reference) => lookUp(reference, draft, context) },
  );
  const found = made.problems.map((one) => statedProblem(one, draft) ?? inOriginal(one, draft.origins ?? []));
  const problems = [...refused, ...found, ...differences(draft)];
  if (!("autoscaler" in made)) return { id, origin, problems };
  return { autoscaler: { ...made.autoscaler, id, origin }, memory: restoreMemory(object.status), problems };
}

/** The TriggerAuthentications that a ScaledObject's triggers name. */
export function triggersOf({
  spec,
}: KubernetesObject): readonly { readonly authenticationRef?: AuthenticationReference }[] {
  return list(record(spec).triggers).map(({ authenticationRef: reference }) => {
    const { name, kind } = record(reference);
    if (typeof name !== "string") return {};
    return { authenticationRef: { name, ...(typeof kind === "string" && { kind }) } };
  });
}

function lookUp(
  reference: SecretReference,
  { stated }: Draft,
  { secrets }: ScaledObjectContext,
): ReturnType<SecretLookup> {
  if (!STATED.test(reference.name)) return secrets?.(reference) ?? { reason: "SecretMissing" };
  const { texts = {}, bounds = [] } = stated?.get(reference.name) ?? {};
  const value = ownValue(texts, reference.key);
  if (!value) return { reason: "SecretMissing" };
  return bounds.length === 0 ? value : { value, bounds };
}

/** A credential that neither the trigger states nor its TriggerAuthentication. */
function statedProblem({ path, reason }: Problem, { spec, origins = [] }: Draft): Problem | undefined {
  const [, index, type = "", key = ""] = /^spec\.signals\[(\d+)\]\.source\.([^.]+)\.([^.]+)$/.exec(path) ?? [];
  if (index === undefined || reason === undefined) return undefined;
  const signals = spec.signals as readonly { readonly source: Readonly<Record<string, Record<string, unknown>>> }[];
  const { secretRef } = (signals[Number(index)]?.source[type]?.[key] ?? {}) as { secretRef?: { name?: string } };
  if (!STATED.test(secretRef?.name ?? "")) return undefined;
  const [, trigger = ""] = origins.find(([made]) => made === `spec.signals[${index}]`) ?? [];
  const remedy = "name a TriggerAuthentication whose Secret holds it, or give the workload's container the variable";
  return problem(`${trigger}.authenticationRef`, `expected a ${key} for ${type}, got none`, remedy);
}

/** Where it does not mean exactly what it means under KEDA. */
function differences({ notes, origins = [] }: Draft): readonly Problem[] {
  return notes
    .filter(({ differs }) => differs)
    .map(({ path, text }) => {
      const [spec = "", field = "", place] = path;
      const made = typeof place === "number" ? `${spec}.${field}[${place}]` : path.join(".");
      const [, original = path.join(".")] = origins.find(([start]) => made.startsWith(start)) ?? [];
      return { path: original, severity: "warning", message: text };
    });
}

/** When the workload was active last, as KEDA's own status has it. */
function restoreMemory(status: unknown): Memory {
  const { conditions, lastActiveTime } = record(status);
  const since = instantOf(lastActiveTime);
  if (since === undefined) return {};
  const isActive = list(conditions).some(({ type, status }) => type === "Active" && status === "True");
  return { activity: { active: isActive, since } };
}
