import type { Autoscaler, Signal, SignalState, SourceReference } from "../../core/index.ts";
import { readCredential } from "../../feeds/secret-readers.ts";
import { type KubernetesObject, originOf } from "../../formats/kubernetes-object.ts";
import { PLACEHOLDER, type SecretLookup, type SecretReference } from "../../formats/source-settings.ts";
import { secretContents } from "../../kubernetes/cluster-secrets.ts";
import type { SecretState } from "../../kubernetes/ports.ts";
import { runWithin } from "../../shared/async.ts";
import { UserError } from "../../shared/user-error.ts";
import { SOURCES } from "../../sources/registry.generated.ts";
import { HostList } from "../../sources/shared/host-list.ts";
import { Network } from "../../sources/shared/network.ts";
import { SharedThings } from "../../sources/shared/share.ts";
import { SourceError } from "../../sources/shared/source-error.ts";
import { readSeconds } from "../../sources/shared/time-limit.ts";
import { environmentNames } from "../run-flags.ts";

/** Reads a signal's source once, without touching any message. A failure to read is a state, not an error. */
export async function pollOnce(signal: Signal, things: SharedThings): Promise<SignalState> {
  const type = SOURCES.find((source) => source.type === signal.source.type);
  if (type === undefined) throw new Error(`no source of type ${signal.source.type}`);
  const missing = missingCredentials(signal.source);
  if (missing.length > 0) {
    const message = `${type.type} is not read without ${missing.join(", ")}, which was not handed in`;
    return { failure: { kind: "Unauthorized", message }, doubtSince: 0 };
  }
  const tools = {
    now: Date.now,
    mayTouch: false,
    environment: process.env,
    network: localNetwork(),
    share: things.share,
  };
  const source = type.connect(signal.source.settings, tools);
  const seconds = readSeconds(signal.source.settings);
  const reason = () => new SourceError("TimedOut", `no answer within ${seconds} s`);
  try {
    return { reading: await runWithin({ milliseconds: seconds * 1000, reason }, (until) => source.read(until)) };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { failure: error.failure, doubtSince: 0 };
  } finally {
    await source.close?.();
  }
}

/** Reads all signals of an autoscaler with `poll`, over shared connections. */
export async function pollAll(
  { signals }: Autoscaler,
  poll: (signal: Signal, things: SharedThings) => Promise<SignalState>,
): Promise<Record<string, SignalState>> {
  const things = new SharedThings();
  try {
    const states = signals.map(async (signal) => [signal.name, await poll(signal, things)] as const);
    return Object.fromEntries(await Promise.all(states));
  } finally {
    await things.close();
  }
}

/** The flags of `muster run` that say where sources may connect to. */
interface NetworkFlags {
  readonly allowSourceHosts?: string;
  readonly denySourceHosts?: string;
  readonly allowAwsEndpoints?: string;
}

/** Kubernetes sets this variable in every container. */
export function isInPod(environment: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return Boolean(environment.KUBERNETES_SERVICE_HOST);
}

/** The network that sources may use with these flags; a UserError names a wrong flag. */
export function sourceNetwork(flags: NetworkFlags, inPod: boolean): Network {
  return new Network({
    allow: parseHosts("--allow-source-hosts", flags.allowSourceHosts),
    deny: parseHosts("--deny-source-hosts", flags.denySourceHosts),
    allowAwsEndpoints: parseHosts("--allow-aws-endpoints", flags.allowAwsEndpoints),
    loopback: inPod ? "refused" : "allowed",
  });
}

/** The network of a command that reads sources from the user's machine; the controller's variables apply to it too. */
export function localNetwork(): Network {
  const variable = (flag: string) =>
    environmentNames(flag)
      .map((name) => process.env[name])
      .find(Boolean) ?? "";
  return sourceNetwork(
    {
      allowSourceHosts: variable("--allow-source-hosts"),
      denySourceHosts: variable("--deny-source-hosts"),
      allowAwsEndpoints: variable("--allow-aws-endpoints"),
    },
    false,
  );
}

function parseHosts(flag: string, text = ""): HostList {
  try {
    return HostList.parse(text);
  } catch (error) {
    throw new UserError(`${flag}: ${(error as Error).message}`);
  }
}

/** Stands for a credential in a Secret that was not handed in. Must never reach a server: see `missingCredentials`. */
export function placeholderFor({ name, key }: SecretReference): string {
  return `${PLACEHOLDER}key ${key} of Secret ${name}`;
}

/** The credentials of a source that were not handed in, such as "password (key secret of Secret shop-db)". */
export function missingCredentials({ settings }: SourceReference): readonly string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    typeof value === "string" && value.startsWith(PLACEHOLDER) ? [`${name} (${value.slice(PLACEHOLDER.length)})`] : [],
  );
}

/** Looks up credentials in the Secrets among these documents; those of other Secrets get a placeholder. */
export function secretsIn(documents: readonly unknown[]): (namespace: string) => SecretLookup {
  const secrets = new Map<string, SecretState>();
  for (const document of documents) {
    const { kind, metadata, ...secret } = (document ?? {}) as KubernetesObject;
    if (kind !== "Secret" || typeof metadata?.name !== "string") continue;
    const contents = secretContents({ metadata, ...secret });
    const { namespace } = originOf("", document as KubernetesObject);
    secrets.set(`${namespace}/${metadata.name}`, { state: "present", ...contents });
  }
  return (namespace) => (reference) => {
    const secret = secrets.get(`${namespace}/${reference.name}`);
    return secret === undefined ? placeholderFor(reference) : readCredential(secret, reference.key);
  };
}
