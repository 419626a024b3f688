import type { Problem } from "../../core/index.ts";
import { listed } from "../../core/wording.ts";
import { SOURCES } from "../../sources/registry.generated.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { describeMissing, PLACEHOLDER, type SecretLookup, secretNames } from "../source-settings.ts";
import { list, record, type Stored } from "../stored.ts";
import type { Note, SignalDraft } from "./draft.ts";
import { CONFIG_MAPS, containerOf, type Variable, variableOf } from "./environment.ts";
import { describeCredential, type Settings } from "./trigger.ts";

/** How a trigger refers to one. */
export interface AuthenticationReference {
  readonly name?: string | undefined;
  readonly kind?: string | undefined;
}

/** What a trigger's parameters depend on. */
export interface TriggerReferences {
  readonly metadata: Settings;
  readonly authenticationRef?: AuthenticationReference | undefined;
}

/** A parameter, which a key of a Secret holds. */
interface SecretParameter {
  readonly parameter: string;
  readonly name: string;
  readonly key: string;
}

/** A parameter that is known without a Secret of its own. */
interface KnownParameter {
  readonly parameter: string;
  readonly text: string;
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
  /** TriggerAuthentications of both kinds, Secrets and ConfigMaps. */
  readonly among: readonly KubernetesObject[];
  /** Looks up what is in no Secret among them. */
  readonly secrets?: SecretLookup | undefined;
  /** Looks up what is in no ConfigMap and no workload among them, as "configmaps/settings" or "deployments/worker". */
  readonly others?: SecretLookup | undefined;
  /** What the Secrets of KEDA's namespace are called, which ClusterTriggerAuthentications name. Absent: as they are. */
  readonly ofCluster?: ((secret: string) => string) | undefined;
  /** The containers whose environment is read, and the name of the one that counts. Absent: it is not known. */
  readonly environment?: (() => { readonly containers: readonly Stored[]; readonly named?: unknown }) | undefined;
}

/** The parameters of a trigger that are no credentials, and are not stated by itself. */
export function authenticatedSettings(trigger: TriggerReferences, authentications: Authentications): Settings {
  return plainParameters(parametersOf(trigger, authentications), authentications);
}

const FROM_ENV = "FromEnv";

/** A trigger's metadata without those `...FromEnv` settings whose variables are known, and that may say something here. */
export function withoutVariables(trigger: TriggerReferences, authentications: Authentications): Settings {
  const found = parametersOf({ metadata: trigger.metadata }, authentications).map(({ parameter }) => parameter);
  const known = new Set(found.filter((parameter) => PLAIN.has(parameter) || CREDENTIALS.has(parameter)));
  const isKnown = (field: string) => field.endsWith(FROM_ENV) && known.has(field.slice(0, -FROM_ENV.length));
  return Object.fromEntries(Object.entries(trigger.metadata).filter(([field]) => !isKnown(field)));
}

/** A problem for parameters that a source needs as plain text, in a Secret that is not among the input. */
export function missingSecrets(trigger: TriggerReferences, authentications: Authentications): Problem | undefined {
  const parameters = parametersOf(trigger, authentications).filter(isSecret);
  const known = authenticatedSettings(trigger, authentications);
  const unknown = parameters.filter(
    ({ parameter }) =>
      PLAIN.has(parameter) && known[parameter] === undefined && trigger.metadata[parameter] === undefined,
  );
  const [first] = unknown;
  if (first === undefined) return undefined;
  const found = authentications.secrets?.(first);
  if (typeof found === "object" && "reason" in found) {
    return { path: "authenticationRef", reason: found.reason, ...describeMissing(first, found) };
  }
  const held = listed(unknown.map(({ parameter }) => parameter));
  const keeper = trigger.authenticationRef?.name ?? "the workload's environment";
  const message = `expected the Secret ${JSON.stringify(first.name)}, in which ${keeper} keeps ${held}, got nothing`;
  return { path: "authenticationRef", message, remedy: "hand in the Secret too, or write them into the metadata" };
}

/** A signal with the credentials that its trigger's TriggerAuthentication names, and remarks on what else it holds. */
export function withAuthentication(
  draft: SignalDraft,
  trigger: TriggerReferences,
  { secret, ...authentications }: Authentications & { readonly secret: string },
): SignalDraft {
  const remarked = withRemarks(draft, trigger, authentications);
  const known = authenticatedSettings(trigger, authentications);
  const { name, kind = OF_A_NAMESPACE } = trigger.authenticationRef ?? {};
  const called = name === undefined ? "workload's environment" : `${kind} ${JSON.stringify(name)}`;
  return parametersOf(trigger, authentications).reduce<SignalDraft>((made, one) => {
    if (isSecret(one)) return known[one.parameter] === undefined ? withSecret(made, one, called) : made;
    return withStated(made, one, secret);
  }, remarked);
}

/** Remarks on what else a TriggerAuthentication holds, or that it is not known. */
function withRemarks(draft: SignalDraft, trigger: TriggerReferences, authentications: Authentications): SignalDraft {
  const { authenticationRef: reference } = trigger;
  if (reference?.name === undefined) return draft;
  const { name, kind = OF_A_NAMESPACE } = reference;
  const called = `${kind} ${JSON.stringify(name)}`;
  const found = authenticationOf(reference, authentications);
  if (found === undefined) {
    const text = `the ${called}, from which KEDA takes parameters, is not among what was converted: add what it held, credentials as secretRef`;
    return withSourceNotes(draft, [text]);
  }
  const { secretTargetRef: _, env, configMapTargetRef, ...others } = record(found.spec);
  const all = parametersOf(trigger, authentications);
  const secretTargetRef = all.filter(isSecret);
  const left = { env, configMapTargetRef };
  const isUnknown = ([field, entries]: [string, unknown]) =>
    list(entries).some(({ parameter }) => !all.some((one) => one.parameter === parameter)) ? [field] : [];
  const remarks = [...Object.entries(left).flatMap(isUnknown), ...Object.keys(others)].map(
    (field) => `${field} of the ${called} is not taken over: ${remedyOf(field, draft)}`,
  );
  if (kind !== OF_A_NAMESPACE && secretTargetRef.length > 0 && authentications.ofCluster === undefined) {
    remarks.push(`the ${called} names Secrets of KEDA's namespace: they must be in this object's`);
  }
  return withSourceNotes(draft, remarks);
}

type Parameter = SecretParameter | KnownParameter;

function isSecret(parameter: Parameter): parameter is SecretParameter {
  return "key" in parameter;
}

function authenticationOf(
  reference: AuthenticationReference | undefined,
  { namespace, among }: Authentications,
): KubernetesObject | undefined {
  const { name, kind = OF_A_NAMESPACE } = reference ?? {};
  if (name === undefined) return undefined;
  return among.find((one) => one.kind === kind && isNamed(one, name, kind, namespace));
}

/**
 * What the environment, a TriggerAuthentication's ConfigMaps and its Secrets hold for a trigger. Later ones win, as in KEDA,
 * and each parameter is there once.
 */
function parametersOf(
  { metadata, authenticationRef: reference }: TriggerReferences,
  authentications: Authentications,
): readonly Parameter[] {
  const found = authenticationOf(reference, authentications);
  const { secretTargetRef, configMapTargetRef, env } = record(found?.spec);
  const { ofCluster = (name: string) => name } = authentications;
  const near = (name: unknown) => (found?.kind === OF_A_NAMESPACE ? String(name ?? "") : ofCluster(String(name ?? "")));
  const variables = Object.entries(metadata).flatMap(([field, name]) =>
    field.endsWith(FROM_ENV) ? [{ parameter: field.slice(0, -FROM_ENV.length), name, containerName: undefined }] : [],
  );
  const parameters = [
    ...[...variables, ...list(env)].flatMap(({ parameter, name, containerName }) =>
      inEnvironment(String(parameter), String(name), containerName, authentications),
    ),
    ...list(configMapTargetRef).flatMap(({ parameter, name, key }) => {
      const text = configMapText(near(name), String(key), authentications);
      return text === undefined ? [] : [{ parameter: String(parameter), text }];
    }),
    ...list(secretTargetRef).map(({ parameter = "", name, key = "" }) => ({
      ...{ parameter: String(parameter), key: String(key), name: near(name) },
    })),
  ];
  return [...new Map(parameters.map((one) => [one.parameter, one])).values()];
}

function inEnvironment(
  parameter: string,
  name: string,
  containerName: unknown,
  authentications: Authentications,
): readonly Parameter[] {
  const { containers = [], named } = authentications.environment?.() ?? {};
  // A TriggerAuthentication names its own container, or takes the first one.
  const container = containerOf(containers, containerName ?? named);
  if (container === undefined) return [];
  const { text, secret } =
    variableOf(name, container, {
      secret: (secret, key) => secretVariable(secret, key, authentications),
      configMap: (map, key) => configMapText(map, key, authentications),
    }) ?? {};
  if (secret !== undefined) return [{ parameter, ...secret }];
  return text === undefined ? [] : [{ parameter, text: text.trim() }];
}

/** Undefined where the Secret is known not to have the key. */
function secretVariable(name: string, key: string, { among, secrets }: Authentications): Variable | undefined {
  const secret = { name, key };
  const text = secretText(among, name)[key];
  if (text !== undefined) return { text, secret };
  const isAmong = among.some(({ kind, metadata }) => kind === "Secret" && metadata?.name === name);
  const found = isAmong ? undefined : secrets?.(secret);
  if (typeof found === "object" && "reason" in found && found.reason === "SecretKeyMissing") return undefined;
  return { text: textOf(plainText(found)), secret };
}

function configMapText(name: string, key: string, { among, others }: Authentications): string | undefined {
  const found = among.find(({ kind, metadata }) => kind === "ConfigMap" && metadata?.name === name);
  if (found !== undefined) return textOf(record((found as { data?: unknown }).data)[key]);
  return textOf(plainText(others?.({ name: `${CONFIG_MAPS}/${name}`, key })));
}

/** A credential whose text is known, and that the result is to take from a Secret. */
function withStated(draft: SignalDraft, { parameter, text }: KnownParameter, secret: string): SignalDraft {
  const { type, settings, setting } = settingOf(draft, parameter);
  if (setting === undefined || text === "") return draft;
  const path = ["source", type, setting];
  const isKept = (note: Note) => note.path.join(".") !== path.join(".");
  const source = { [type]: { ...settings, [setting]: { secretRef: { name: secret, key: setting } } } };
  return {
    signal: { ...draft.signal, source },
    notes: [...(draft.notes ?? []).filter(isKept), { path, text: describeCredential(secret, setting) }],
    stated: { ...draft.stated, [setting]: text },
  };
}

/** The setting of a signal's source that a parameter is, where it is a credential of it. */
function settingOf({ signal }: SignalDraft, parameter: string) {
  const [type = "", settings = {}] = Object.entries(signal.source as Record<string, object>)[0] ?? [];
  const definition = SOURCES.find((source) => source.type === type);
  const secrets = definition === undefined ? new Set<string>() : secretNames(definition);
  const setting = [parameter, ALIASES[parameter] ?? parameter].find((name) => secrets.has(name));
  return { type, settings, setting };
}

function remedyOf(field: string, { signal }: SignalDraft): string {
  if (field === "podIdentity")
    return OF_AWS.has(Object.keys(signal.source as object)[0] ?? "") ? OWN_AWS_CREDENTIALS : NO_IDENTITY;
  return REMEDIES[field] ?? "see what it held";
}

const OF_AWS: ReadonlySet<string> = new Set(["sqs", "cloudwatch"]);
const NO_IDENTITY = "this source sends no identity of a cloud, so see whether the server asks for one";

const REMEDIES: Readonly<Record<string, string>> = {
  env: "the workload, or what its variable refers to, is not known or has no such variable: hand it in too",
  configMapTargetRef:
    "the ConfigMap is not known or has no such key: hand it in too, or write what it holds into the source",
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
  const { type, settings, setting } = settingOf(draft, parameter);
  if (setting === undefined || name === "" || key === "") {
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
  ...["addresses", "hosts", "ports", "connection", "connectionString"],
  ...["queueURL", "bootstrapServers", "serverAddress", "serverURL", "url", "endpoint", "server"],
]);

/** Parameters that no source states in the open. */
const CREDENTIALS: ReadonlySet<string> = new Set(
  SOURCES.flatMap((source) => [...secretNames(source)]).concat(Object.keys(ALIASES)),
);

interface Secret extends KubernetesObject {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, unknown>>;
}

/** The parameters of a TriggerAuthentication that are no credentials, out of the Secrets that were handed in with it. */
function plainParameters(parameters: readonly Parameter[], { among, secrets }: Authentications): Settings {
  const found = parameters.flatMap((one) => {
    const { parameter } = one;
    if (!isSecret(one)) return CREDENTIALS.has(parameter) ? [] : [[parameter, one.text]];
    if (!PLAIN.has(parameter)) return [];
    const { name, key } = one;
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
  const text = typeof found === "object" ? ("value" in found ? found.value : undefined) : found;
  return text?.startsWith(PLACEHOLDER) ? undefined : text;
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
