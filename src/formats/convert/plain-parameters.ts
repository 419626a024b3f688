import type { KubernetesObject } from "../kubernetes-object.ts";
import type { Settings } from "./trigger.ts";

/** Parameters that people keep in Secrets along with a password, and that a source states in the open. */
const PLAIN = new Set([
  ...["address", "host", "port", "dbName", "vhostName", "username", "userName", "sasl", "tls"],
  ...["account", "accountID", "natsServerMonitoringEndpoint", "organizationName"],
]);

/** Whether a source states this parameter in the open. */
export const isPlain = (parameter: string): boolean => PLAIN.has(parameter);

interface Secret extends KubernetesObject {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, unknown>>;
}

interface Parameter {
  readonly parameter?: string;
  readonly name?: string;
  readonly key?: string;
}

/** The parameters of a TriggerAuthentication that are no credentials, out of the Secrets that were handed in with it. */
export function plainParameters(parameters: readonly Parameter[], secrets: readonly KubernetesObject[]): Settings {
  const found = parameters.flatMap(({ parameter = "", name, key = "" }) => {
    if (!PLAIN.has(parameter)) return [];
    const secret = secrets.find(({ metadata }) => metadata?.name === name) as Secret | undefined;
    const text = textOf(secret?.stringData?.[key]) ?? decoded(secret?.data?.[key]);
    return text === undefined ? [] : [[parameter, text]];
  });
  return Object.fromEntries(found);
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
