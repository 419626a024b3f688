import type { Problem } from "../../core/index.ts";
import { listed } from "../../core/wording.ts";
import { ownValue } from "../../shared/own-value.ts";
import { SOURCES } from "../../sources/registry.generated.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { describeMissing, secretNames } from "../source-settings.ts";
import { list, record } from "../stored.ts";
import type { Note, SignalDraft } from "./draft.ts";
import { describeCredential, type Settings } from "./trigger.ts";
import {
  type Authentications,
  authenticationOf,
  FROM_ENV,
  isSecret,
  KINDS,
  type KnownParameter,
  OF_A_NAMESPACE,
  type Parameter,
  parametersOf,
  plainText,
  type SecretParameter,
  secretText,
  type TriggerReferences,
  textOf,
} from "./trigger-parameters.ts";

/** KEDA's parameters that our sources call otherwise. */
const ALIASES: Readonly<Record<string, string>> = { authToken: "bearerToken", token: "bearerToken" };

/** Whether a document only says where the credentials of others are, or holds them. */
export function isAuthentication({ kind }: KubernetesObject): boolean {
  return kind === "Secret" || (typeof kind === "string" && KINDS.includes(kind));
}

/** The parameters of a trigger that are no credentials, and are not stated by itself. */
export function authenticatedSettings(trigger: TriggerReferences, authentications: Authentications): Settings {
  return plainParameters(parametersOf(trigger, authentications), authentications);
}

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
  const setting = [parameter, ownValue(ALIASES, parameter) ?? parameter].find((name) => secrets.has(name));
  return { type, settings, setting };
}

function remedyOf(field: string, { signal }: SignalDraft): string {
  if (field === "podIdentity")
    return OF_AWS.has(Object.keys(signal.source as object)[0] ?? "") ? OWN_AWS_CREDENTIALS : NO_IDENTITY;
  return ownValue(REMEDIES, field) ?? "see what it held";
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

function withSecret(draft: SignalDraft, { parameter, name, key }: SecretParameter, called: string): SignalDraft {
  const { type, settings, setting } = settingOf(draft, parameter);
  if (setting === undefined || name === "" || key === "") {
    const remedy = ownValue(PARAMETER_REMEDIES, parameter) ?? "see what it holds and state that";
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

/** The parameters of a TriggerAuthentication that are no credentials, out of the Secrets that were handed in with it. */
function plainParameters(parameters: readonly Parameter[], { among, secrets }: Authentications): Settings {
  const found = parameters.flatMap((one) => {
    const { parameter } = one;
    if (!isSecret(one)) return CREDENTIALS.has(parameter) ? [] : [[parameter, one.text]];
    if (!PLAIN.has(parameter)) return [];
    const { name, key } = one;
    const text = ownValue(secretText(among, name), key) ?? textOf(plainText(secrets?.({ name, key })));
    return text === undefined ? [] : [[parameter, text]];
  });
  return Object.fromEntries(found);
}
