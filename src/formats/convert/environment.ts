import { ownValue } from "../../shared/own-value.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import type { SecretLookup } from "../source-settings.ts";
import { list, record, type Stored, toText } from "../stored.ts";

/** Where a value of a workload's environment is: its text as far as it is known, and the Secret that holds all of it. */
export interface Variable {
  readonly text?: string | undefined;
  readonly secret?: { readonly name: string; readonly key: string };
}

/**
 * Reads what a Secret or ConfigMap holds under a key; undefined: it has no such key, or is not known. A Secret that is
 * optional need not be there.
 */
interface Holdings {
  readonly secret: (name: string, key: string, isOptional: boolean) => Variable | undefined;
  readonly configMap: (name: string, key: string) => string | undefined;
}

/** The kinds whose pods' environment can be read, with the names of their resources. */
export const WORKLOADS: Readonly<Record<string, string>> = {
  Deployment: "deployments",
  StatefulSet: "statefulsets",
  ReplicaSet: "replicasets",
};

/** How a lookup of Secrets names what is no Secret: no Secret's name has a slash. */
export const CONFIG_MAPS = "configmaps";
export const CONTAINERS = "containers";

/** Whether others may refer to an object by their environment. */
export function holdsEnvironment({ kind }: KubernetesObject): boolean {
  return kind === "ConfigMap" || (typeof kind === "string" && Object.hasOwn(WORKLOADS, kind));
}

/** The containers of a workload that is among the objects, or that `others` knows. */
export function containersOf(
  target: { readonly apiVersion?: unknown; readonly kind?: unknown; readonly name?: unknown },
  {
    namespace = "default",
    among,
    others,
  }: { namespace?: string | undefined; among: readonly KubernetesObject[]; others?: SecretLookup | undefined },
): readonly Stored[] {
  const { apiVersion = "apps/v1", kind = "Deployment", name } = target;
  const plural = typeof kind === "string" ? ownValue(WORKLOADS, kind) : undefined;
  if (plural === undefined || apiVersion !== "apps/v1" || typeof name !== "string") return [];
  const found = among.find(
    (one) => one.kind === kind && one.metadata?.name === name && (one.metadata.namespace ?? "default") === namespace,
  );
  if (found !== undefined) return list(record(record(record(found.spec).template).spec).containers);
  const text = others?.({ name: `${plural}/${name}`, key: CONTAINERS });
  return typeof text === "string" ? list(JSON.parse(text)) : [];
}

/** The container whose environment KEDA reads: the named one, or the first. */
export function containerOf(containers: readonly Stored[], named: unknown): Stored | undefined {
  return typeof named === "string" && named !== "" ? containers.find(({ name }) => name === named) : containers[0];
}

/** A variable of a container as Kubernetes makes it; `before`: as the first entries of `env` alone make it. */
export function variableOf(
  name: string,
  container: Stored,
  holdings: Holdings,
  before = Number.POSITIVE_INFINITY,
): Variable | undefined {
  const entries = list(container.env).slice(0, before);
  const at = entries.findLastIndex((entry) => entry.name === name);
  const { value, valueFrom } = entries[at] ?? {};
  const { secretKeyRef, configMapKeyRef } = record(valueFrom);
  if (typeof value === "string" && value !== "") {
    return expand(value, (other) => variableOf(other, container, holdings, at));
  }
  if (secretKeyRef !== undefined) {
    const { name: secret, key, optional } = record(secretKeyRef);
    const isOptional = optional === true;
    return holdings.secret(toText(secret), toText(key), isOptional) ?? (isOptional ? undefined : {});
  }
  if (configMapKeyRef !== undefined) {
    const { name: map, key } = record(configMapKeyRef);
    return { text: holdings.configMap(toText(map), toText(key)) };
  }
  return at >= 0 && valueFrom === undefined ? { text: "" } : fromWhole(name, container, holdings);
}

/** A variable out of the Secrets and ConfigMaps that a container takes as a whole; the last one wins. */
function fromWhole(name: string, container: Stored, holdings: Holdings): Variable | undefined {
  for (const { prefix: stated, secretRef, configMapRef } of list(container.envFrom).toReversed()) {
    const prefix = typeof stated === "string" ? stated : "";
    if (!name.startsWith(prefix)) continue;
    const key = name.slice(prefix.length);
    const written = configMapRef && holdings.configMap(toText(record(configMapRef).name), key);
    const { name: secret, optional } = record(secretRef);
    const found = secretRef && holdings.secret(toText(secret), key, optional === true);
    if (typeof written === "string") return { text: written };
    if (found) return found;
  }
  return undefined;
}

/** "$(NAME)" is replaced, "$$" is a dollar, and what names no variable stays; unknown as soon as one part is. */
function expand(value: string, variable: (name: string) => Variable | undefined): Variable {
  let isKnown = true;
  const expanded = value.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name?: string) => {
    if (name === undefined) return "$";
    const found = variable(name);
    if (found !== undefined && found.text === undefined) isKnown = false;
    return found?.text ?? whole;
  });
  return isKnown ? { text: expanded } : {};
}
