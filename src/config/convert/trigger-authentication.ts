import { SOURCES } from "../../sources/registry.generated.ts";
import { jsonSchemaOf } from "../shared/json-schema.ts";
import type { KubernetesObject } from "../shared/kubernetes-object.ts";
import type { Note, SignalDraft } from "./draft.ts";

/** How a trigger refers to one. */
export interface AuthenticationReference {
  readonly name?: string | undefined;
  readonly kind?: string | undefined;
}

interface SecretParameter {
  readonly parameter?: string;
  readonly name?: string;
  readonly key?: string;
}

const OF_A_NAMESPACE = "TriggerAuthentication";
const KINDS = [OF_A_NAMESPACE, "ClusterTriggerAuthentication"];

/** KEDA's parameters that our sources call otherwise. */
const ALIASES: Readonly<Record<string, string>> = { authToken: "bearerToken", token: "bearerToken" };

/** Whether a document only says where the credentials of others are. */
export function isAuthentication({ kind }: KubernetesObject): boolean {
  return typeof kind === "string" && KINDS.includes(kind);
}

/** A signal with the credentials that its trigger's TriggerAuthentication names, and remarks on what else it holds. */
export function withAuthentication(
  draft: SignalDraft,
  reference: AuthenticationReference | undefined,
  { namespace, among }: { readonly namespace: string | undefined; readonly among: readonly KubernetesObject[] },
): SignalDraft {
  if (reference?.name === undefined) return draft;
  const { name, kind = OF_A_NAMESPACE } = reference;
  const called = `${kind} ${JSON.stringify(name)}`;
  const found = among.find((one) => one.kind === kind && isNamed(one, name, kind, namespace));
  if (found === undefined) {
    const text = `KEDA took more parameters from the ${called}, which is not among what was converted: add what it held, credentials as secretRef`;
    return { ...draft, notes: [...(draft.notes ?? []), { path: ["source"], text }] };
  }
  const { secretTargetRef = [], ...others } = (found.spec ?? {}) as { secretTargetRef?: readonly SecretParameter[] };
  const remarks = Object.keys(others).map(
    (field) => `${field} of the ${called} is not taken over: ${REMEDIES[field] ?? "see what it held"}`,
  );
  if (kind !== OF_A_NAMESPACE && secretTargetRef.length > 0) {
    remarks.push(`the ${called} names Secrets of KEDA's namespace: they must be in this object's`);
  }
  const told = { ...draft, notes: [...(draft.notes ?? []), ...remarks.map((text) => ({ path: ["source"], text }))] };
  return secretTargetRef.reduce<SignalDraft>((made, one) => withSecret(made, one, called), told);
}

const REMEDIES: Readonly<Record<string, string>> = {
  podIdentity: "the controller's own identity is used",
  env: "the workload's environment is not read, so write what is no secret into the source, and the rest into a Secret",
  configMapTargetRef: "write what it holds into the source",
};

function isNamed({ metadata }: KubernetesObject, name: string, kind: string, namespace: string | undefined): boolean {
  const named = (metadata ?? {}) as { name?: unknown; namespace?: unknown };
  const isNear = kind !== OF_A_NAMESPACE || (named.namespace ?? "default") === (namespace ?? "default");
  return named.name === name && isNear;
}

function withSecret(draft: SignalDraft, { parameter = "", name, key }: SecretParameter, called: string): SignalDraft {
  const [type = "", settings] = Object.entries(draft.signal.source as Record<string, object>)[0] ?? [];
  const secrets = secretSettings(type);
  const setting = secrets.includes(parameter) ? parameter : (ALIASES[parameter] ?? parameter);
  if (!secrets.includes(setting) || name === undefined || key === undefined) {
    const text = `"${parameter}" of the ${called} (Secret ${name}, key ${key}) is no credential of this source: see what it holds and state that`;
    return { ...draft, notes: [...(draft.notes ?? []), { path: ["source"], text }] };
  }
  const source = { [type]: { ...settings, [setting]: { secretRef: { name, key } } } };
  const isKept = ({ path }: Note) => path.join(".") !== `source.${type}.${setting}`;
  return { signal: { ...draft.signal, source }, notes: (draft.notes ?? []).filter(isKept) };
}

function secretSettings(type: string): readonly string[] {
  const definition = SOURCES.find((source) => source.type === type);
  const { properties = {} } = definition === undefined ? {} : jsonSchemaOf(definition.settings);
  return Object.entries(properties).flatMap(([name, { secret }]) => (secret === true ? [name] : []));
}
