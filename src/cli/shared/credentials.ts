import type { SourceReference } from "../../core/index.ts";
import { type KubernetesObject, originOf } from "../../formats/shared/kubernetes-object.ts";
import type { SecretLookup, SecretReference } from "../../formats/source-settings.ts";
import type { SecretState } from "../../kubernetes/ports/secrets.ts";
import { secretContents } from "../../kubernetes/secrets/secret-contents.ts";

/** The key of a Secret as far as it is known. */
export function credentialIn(secret: SecretState, key: string): ReturnType<SecretLookup> {
  if (secret.state === "missing") return { reason: "SecretMissing" };
  if (secret.state === "present") {
    const { [key]: value } = secret.values;
    if (value === undefined) return { reason: "SecretKeyMissing" };
    return secret.allowedHosts === undefined ? value : { value, allowedHosts: secret.allowedHosts };
  }
  return { reason: secret.isForbidden ? "SecretForbidden" : "SecretUnreadable", because: secret.because };
}

const STAND_IN = "not at hand: ";

/** Stands for a credential in a Secret that was not handed in. It must never reach a server: see `missingCredentials`. */
export function standInFor({ name, key }: SecretReference): string {
  return `${STAND_IN}key ${key} of Secret ${name}`;
}

/** The credentials of a source that are not at hand, such as "password (key secret of Secret shop-db)". */
export function missingCredentials({ settings }: SourceReference): readonly string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    typeof value === "string" && value.startsWith(STAND_IN) ? [`${name} (${value.slice(STAND_IN.length)})`] : [],
  );
}

/** Looks up credentials in the Secrets among these documents; those of other Secrets get a stand-in. */
export function secretsAmong(documents: readonly unknown[]): (namespace: string) => SecretLookup {
  const secrets = new Map<string, SecretState>();
  for (const document of documents) {
    const { kind, metadata, ...secret } = (document ?? {}) as KubernetesObject;
    if (kind !== "Secret" || typeof metadata?.name !== "string") continue;
    const contents = secretContents({ metadata, ...secret });
    secrets.set(`${namespaceOf(document)}/${metadata.name}`, { state: "present", ...contents });
  }
  return (namespace) => (reference) => {
    const secret = secrets.get(`${namespace}/${reference.name}`);
    return secret === undefined ? standInFor(reference) : credentialIn(secret, reference.key);
  };
}

/** Where a manifest goes; one that names no namespace goes to "default", as for kubectl. */
export function namespaceOf(document: unknown): string {
  return originOf("", (document ?? {}) as KubernetesObject).namespace;
}
