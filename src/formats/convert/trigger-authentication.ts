import type { Problem } from "../../core/index.ts";
import { listed } from "../../core/wording.ts";
import { SOURCES } from "../../sources/registry.generated.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { describeMissing, type SecretLookup, secretNames } from "../source-settings.ts";
import type { Note, SignalDraft } from "./draft.ts";
import type { Settings } from "./trigger.ts";

/** How a trigger refers to one. */
export interface AuthenticationReference {
  readonly name?: string | undefined;
  readonly kind?: string | undefined;
}

interface SecretParameter {
  readonly parameter: string;
  readonly name: string;
  readonly key: string;
}

const OF_A_NAMESPACE = "TriggerAuthentication";
const KINDS = [OF_A_NAMESPACE, "ClusterTriggerAuthentication"];

/** KEDA's parameters that our sources call otherwise. */
const ALIASES: Readonly<Record<string, string>> = { authToken: "bearerToken", token: "bearerToken" };

/** Whether a document only says where the credentials of others are, or holds them. */
export function isAuthentication({ kind }: KubernetesObject): boolean {
  return kind === "Secret" || (typeof kind === "string" && KINDS.includes(kind));
}

/** Where a trigger's TriggerAuthentication is to be found. */
export interface Authentications {
  readonly namespace: string | undefined;
  /** TriggerAuthentications of both kinds, and Secrets. */
  readonly among: readonly KubernetesObject[];
  /** Looks up what is in no Secret among them. */
  readonly secrets?: SecretLookup | undefined;
  /** What the Secrets of KEDA's namespace are called, which ClusterTriggerAuthentications name. Absent: as they are. */
  readonly ofCluster?: ((secret: string) => string) | undefined;
}

/** The parameters of a trigger's TriggerAuthentication that are no credentials. */
export function authenticatedSettings(
  reference: AuthenticationReference | undefined,
  authentications: Authentications,
): Settings {
  return plainParameters(parametersOf(reference, authentications), authentications);
}

/** A problem for parameters that a source needs as plain text, in a Secret that is not among the input. */
export function missingSecrets(
  reference: AuthenticationReference | undefined,
  authentications: Authentications,
): Problem | undefined {
  const parameters = parametersOf(reference, authentications);
  const known = authenticatedSettings(reference, authentications);
  const unknown = parameters.filter(({ parameter }) => PLAIN.has(parameter) && known[parameter] === undefined);
  const [first] = unknown;
  if (first === undefined) return undefined;
  const found = authentications.secrets?.(first);
  if (typeof found === "object" && "reason" in found) {
    return { path: "authenticationRef", reason: found.reason, ...describeMissing(first, found) };
  }
  const held = listed(unknown.map(({ parameter }) => parameter));
  const message = `expected the Secret ${JSON.stringify(first.name)}, in which ${reference?.name} keeps ${held}, got nothing`;
  return { path: "authenticationRef", message, remedy: "hand in the Secret too, or write them into the metadata" };
}

/** A signal with the credentials that its trigger's TriggerAuthentication names, and remarks on what else it holds. */
export function withAuthentication(
  draft: SignalDraft,
  reference: AuthenticationReference | undefined,
  authentications: Authentications,
): SignalDraft {
  if (reference?.name === undefined) return draft;
  const { name, kind = OF_A_NAMESPACE } = reference;
  const called = `${kind} ${JSON.stringify(name)}`;
  const found = authenticationOf(reference, authentications);
  if (found === undefined) {
    const text = `the ${called}, from which KEDA takes parameters, is not among what was converted: add what it held, credentials as secretRef`;
    return withSourceNotes(draft, [text]);
  }
  const { secretTargetRef: _, ...others } = (found.spec ?? {}) as { secretTargetRef?: unknown };
  const known = authenticatedSettings(reference, authentications);
  const secretTargetRef = parametersOf(reference, authentications).filter(
    ({ parameter }) => known[parameter] === undefined,
  );
  const remarks = Object.keys(others).map(
    (field) => `${field} of the ${called} is not taken over: ${remedyOf(field, draft)}`,
  );
  if (kind !== OF_A_NAMESPACE && secretTargetRef.length > 0 && authentications.ofCluster === undefined) {
    remarks.push(`the ${called} names Secrets of KEDA's namespace: they must be in this object's`);
  }
  const noted = withSourceNotes(draft, remarks);
  return secretTargetRef.reduce<SignalDraft>((made, one) => withSecret(made, one, called), noted);
}

function authenticationOf(
  reference: AuthenticationReference | undefined,
  { namespace, among }: Authentications,
): KubernetesObject | undefined {
  const { name, kind = OF_A_NAMESPACE } = reference ?? {};
  if (name === undefined) return undefined;
  return among.find((one) => one.kind === kind && isNamed(one, name, kind, namespace));
}

/** What a trigger's TriggerAuthentication keeps in Secrets. */
export function parametersOf(
  reference: AuthenticationReference | undefined,
  authentications: Authentications,
): readonly SecretParameter[] {
  const found = authenticationOf(reference, authentications);
  const { secretTargetRef = [] } = (found?.spec ?? {}) as { secretTargetRef?: readonly Partial<SecretParameter>[] };
  const { ofCluster = (name: string) => name } = authentications;
  return secretTargetRef.map(({ parameter = "", name = "", key = "" }) => ({
    ...{ parameter, key },
    name: found?.kind === OF_A_NAMESPACE ? name : ofCluster(name),
  }));
}

function remedyOf(field: string, { signal }: SignalDraft): string {
  if (field === "podIdentity")
    return OF_AWS.has(Object.keys(signal.source as object)[0] ?? "") ? OWN_AWS_CREDENTIALS : NO_IDENTITY;
  return REMEDIES[field] ?? "see what it held";
}

const OF_AWS: ReadonlySet<string> = new Set(["sqs", "cloudwatch"]);
const NO_IDENTITY = "this source sends no identity of a cloud, so see whether the server asks for one";

const REMEDIES: Readonly<Record<string, string>> = {
  env: "the workload's environment is not read, so write what is no secret into the source, and the rest into a Secret",
  configMapTargetRef: "write what it holds into the source",
};

const NO_CLIENT_CERTIFICATES = "client certificates are not sent, so see whether the server asks for one";
const OWN_AWS_CREDENTIALS = "the controller's own AWS credentials are used";
const PARAMETER_REMEDIES: Readonly<Record<string, string>> = {
  ca: "state the certificate as caCertificate",
  cert: NO_CLIENT_CERTIFICATES,
  key: NO_CLIENT_CERTIFICATES,
  keyPassword: NO_CLIENT_CERTIFICATES,
  awsAccessKeyID: OWN_AWS_CREDENTIALS,
  awsSecretAccessKey: OWN_AWS_CREDENTIALS,
  awsSessionToken: OWN_AWS_CREDENTIALS,
  awsRoleArn: OWN_AWS_CREDENTIALS,
};

function isNamed({ metadata }: KubernetesObject, name: string, kind: string, namespace: string | undefined): boolean {
  const named = (metadata ?? {}) as { name?: unknown; namespace?: unknown };
  const isNear = kind !== OF_A_NAMESPACE || (named.namespace ?? "default") === (namespace ?? "default");
  return named.name === name && isNear;
}

function withSecret(draft: SignalDraft, { parameter, name, key }: SecretParameter, called: string): SignalDraft {
  const [type = "", settings] = Object.entries(draft.signal.source as Record<string, object>)[0] ?? [];
  const definition = SOURCES.find((source) => source.type === type);
  const secrets = definition === undefined ? new Set<string>() : secretNames(definition);
  const setting = secrets.has(parameter) ? parameter : (ALIASES[parameter] ?? parameter);
  if (!secrets.has(setting) || name === "" || key === "") {
    const remedy = PARAMETER_REMEDIES[parameter] ?? "see what it holds and state that";
    const text = `"${parameter}" of the ${called} (Secret ${name}, key ${key}) is no credential of this source: ${remedy}`;
    return withSourceNotes(draft, [text]);
  }
  const source = { [type]: { ...settings, [setting]: { secretRef: { name, key } } } };
  const isKept = ({ path }: Note) => path.join(".") !== `source.${type}.${setting}`;
  return { ...draft, signal: { ...draft.signal, source }, notes: (draft.notes ?? []).filter(isKept) };
}

function withSourceNotes(draft: SignalDraft, texts: readonly string[]): SignalDraft {
  return {
    ...draft,
    notes: [...(draft.notes ?? []), ...texts.map((text): Note => ({ path: ["source"], text, differs: true }))],
  };
}

/** Parameters that people keep in Secrets along with a password, and that a source states in the open. */
const PLAIN = new Set([
  ...["address", "host", "port", "dbName", "vhostName", "username", "userName", "sasl", "tls"],
  ...["account", "accountID", "natsServerMonitoringEndpoint", "organizationName"],
]);

interface Secret extends KubernetesObject {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, unknown>>;
}

/** The parameters of a TriggerAuthentication that are no credentials, out of the Secrets that were handed in with it. */
function plainParameters(parameters: readonly SecretParameter[], { among, secrets }: Authentications): Settings {
  const found = parameters.flatMap(({ parameter, name, key }) => {
    if (!PLAIN.has(parameter)) return [];
    const text = secretText(among, name)[key] ?? textOf(plainText(secrets?.({ name, key })));
    return text === undefined ? [] : [[parameter, text]];
  });
  return Object.fromEntries(found);
}

/** What a Secret among the objects holds by its keys, without what is no text. */
export function secretText(objects: readonly KubernetesObject[], name: string | undefined): Settings {
  const secret = objects.find(({ kind, metadata }) => kind === "Secret" && metadata?.name === name);
  const { stringData = {}, data = {} } = (secret ?? {}) as Secret;
  const read = (entries: object, text: (value: unknown) => string | undefined) =>
    Object.entries(entries ?? {}).flatMap(([key, value]) => {
      const held = text(value);
      return held === undefined ? [] : [[key, held] as const];
    });
  return Object.fromEntries([...read(data, decoded), ...read(stringData, textOf)]);
}

function plainText(found: ReturnType<SecretLookup> | undefined): string | undefined {
  return typeof found === "object" ? ("value" in found ? found.value : undefined) : found;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value.trim() : undefined;
}

/** Undefined for placeholders, which documentation and templates have in place of base64. */
function decoded(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = Buffer.from(value, "base64").toString("utf8").trim();
  return /^[\x20-\x7e]+$/.test(text) ? text : undefined;
}
