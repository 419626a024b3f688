import { ownValue } from "../../shared/own-value.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { PLACEHOLDER, type SecretLookup } from "../source-settings.ts";
import { list, record, type Stored, toText } from "../stored.ts";
import { CONFIG_MAPS, containerOf, type Variable, variableOf } from "./environment.ts";
import type { Settings } from "./trigger.ts";

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
export interface SecretParameter {
  readonly parameter: string;
  readonly name: string;
  readonly key: string;
}

/** A parameter that is known without a Secret of its own. */
export interface KnownParameter {
  readonly parameter: string;
  readonly text: string;
}

export const OF_A_NAMESPACE = "TriggerAuthentication";
export const KINDS = [OF_A_NAMESPACE, "ClusterTriggerAuthentication"];
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

export const FROM_ENV = "FromEnv";

export type Parameter = SecretParameter | KnownParameter;

export function isSecret(parameter: Parameter): parameter is SecretParameter {
  return "key" in parameter;
}

export function authenticationOf(
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
export function parametersOf(
  { metadata, authenticationRef: reference }: TriggerReferences,
  authentications: Authentications,
): readonly Parameter[] {
  const found = authenticationOf(reference, authentications);
  const { secretTargetRef, configMapTargetRef, env } = record(found?.spec);
  const { ofCluster = (name: string) => name } = authentications;
  const { named } = authentications.environment?.() ?? {};
  const near = (name: unknown) => (found?.kind === OF_A_NAMESPACE ? toText(name) : ofCluster(toText(name)));
  const variables = Object.entries(metadata).flatMap(([field, name]) =>
    field.endsWith(FROM_ENV) ? [{ parameter: field.slice(0, -FROM_ENV.length), name, containerName: named }] : [],
  );
  const parameters = [
    ...[...variables, ...list(env)].flatMap(({ parameter, name, containerName }) =>
      inEnvironment(toText(parameter), toText(name), containerName, authentications),
    ),
    ...list(configMapTargetRef).flatMap(({ parameter, name, key }) => {
      const found = configMapText(near(name), toText(key), authentications);
      return found === undefined ? [] : [{ parameter: toText(parameter), text: found }];
    }),
    ...list(secretTargetRef).map(({ parameter, name, key }) => ({
      ...{ parameter: toText(parameter), key: toText(key), name: near(name) },
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
  const { containers = [] } = authentications.environment?.() ?? {};
  // A TriggerAuthentication names its own container, or takes the first one: envSourceContainerName is for FromEnv alone.
  const container = containerOf(containers, containerName);
  if (container === undefined) return [];
  const { text, secret } =
    variableOf(name, container, {
      secret: (secret, key, isOptional) => secretVariable(secret, key, isOptional, authentications),
      configMap: (map, key) => configMapText(map, key, authentications),
    }) ?? {};
  if (secret !== undefined) return [{ parameter, ...secret }];
  return text === undefined ? [] : [{ parameter, text: text.trim() }];
}

/** Undefined where the Secret is known not to have the key, or need not be there and is not. */
function secretVariable(
  name: string,
  key: string,
  isOptional: boolean,
  { among, secrets }: Authentications,
): Variable | undefined {
  const secret = { name, key };
  const text = ownValue(secretText(among, name), key);
  if (text !== undefined) return { text, secret };
  const isAmong = among.some(({ kind, metadata }) => kind === "Secret" && metadata?.name === name);
  const found = isAmong ? undefined : secrets?.(secret);
  const missing = ["SecretKeyMissing", ...(isOptional ? ["SecretMissing"] : [])];
  if (typeof found === "object" && "reason" in found && missing.includes(found.reason)) return undefined;
  return { text: textOf(plainText(found)), secret };
}

function configMapText(name: string, key: string, { among, others }: Authentications): string | undefined {
  const found = among.find(({ kind, metadata }) => kind === "ConfigMap" && metadata?.name === name);
  if (found !== undefined) return textOf(ownValue(record((found as { data?: unknown }).data), key));
  return textOf(plainText(others?.({ name: `${CONFIG_MAPS}/${name}`, key })));
}

function isNamed({ metadata }: KubernetesObject, name: string, kind: string, namespace: string | undefined): boolean {
  const named = (metadata ?? {}) as { name?: unknown; namespace?: unknown };
  const isNear = kind !== OF_A_NAMESPACE || (named.namespace ?? "default") === (namespace ?? "default");
  return named.name === name && isNear;
}

interface Secret extends KubernetesObject {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, unknown>>;
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

export function plainText(found: ReturnType<SecretLookup> | undefined): string | undefined {
  const text = typeof found === "object" ? ("value" in found ? found.value : undefined) : found;
  return text?.startsWith(PLACEHOLDER) ? undefined : text;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value.trim() : undefined;
}

/** Undefined for placeholders, which documentation and templates have in place of base64. */
function decoded(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = Buffer.from(value, "base64").toString("utf8").trim();
  return /^[\x20-\x7e]+$/.test(text) ? text : undefined;
}
