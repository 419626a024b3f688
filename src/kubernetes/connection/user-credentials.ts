import { dirname, resolve } from "node:path";
import type { Credentials, RequestHeaders } from "./connection.ts";
import { ExecCredentials } from "./exec-credentials.ts";
import { FileCredentials, JoinedCredentials, type ValueOrigin } from "./file-credentials.ts";
import type { KubeconfigUser } from "./kubeconfig-schema.ts";
import type { Placed } from "./read-kubeconfig.ts";
import { fileOrigin, valueOrigin } from "./value-origin.ts";

export interface UserOfContext {
  readonly name: string;
  readonly user: Placed<KubeconfigUser>;
  readonly ca?: ValueOrigin;
  /** ExecCredential.spec.cluster. */
  readonly cluster: () => Record<string, unknown>;
}

/** Credentials of a kubeconfig's user; the cluster's CA travels with them, as it too may be a file that changes. */
export function userCredentials({ name, user, ca, cluster }: UserOfContext): Credentials {
  const where = `user ${name} in ${user.file}`;
  if (user.value["auth-provider"]) {
    throw new Error(`expected ${where} to use exec, got auth-provider, which Kubernetes 1.26 removed`);
  }
  const certificate = valueOrigin(user, "client-certificate", where);
  const key = valueOrigin(user, "client-key", where);
  if ((certificate === undefined) !== (key === undefined)) {
    throw new Error(`expected client-certificate and client-key together in ${where}, got one of them`);
  }
  const { exec } = user.value;
  const token = exec ? undefined : tokenOrigin(user, where);
  const fixed = new FileCredentials({
    headers: { ...basic(user.value), ...impersonation(user.value) },
    ...(token ? { token } : {}),
    ...(ca ? { ca } : {}),
    ...(certificate && key ? { certificate, key } : {}),
  });
  if (!exec) return fixed;
  const command = exec.command.includes("/") ? resolve(dirname(user.file), exec.command) : exec.command;
  const call = { what: `exec of ${where}`, exec, command, ...(exec.provideClusterInfo ? { cluster: cluster() } : {}) };
  return new JoinedCredentials(fixed, new ExecCredentials(call));
}

/** As in client-go, a tokenFile wins over a token. */
function tokenOrigin({ file, value }: Placed<KubeconfigUser>, where: string): ValueOrigin | undefined {
  if (value.tokenFile) return fileOrigin(file, value.tokenFile, `tokenFile of ${where}`);
  return value.token ? { text: value.token } : undefined;
}

function basic({ username, password }: KubeconfigUser): Record<string, string> {
  if (!username) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}` };
}

function impersonation(user: KubeconfigUser): RequestHeaders {
  return {
    ...(user.as ? { "impersonate-user": user.as } : {}),
    ...(user["as-uid"] ? { "impersonate-uid": user["as-uid"] } : {}),
    ...(user["as-groups"]?.length ? { "impersonate-group": user["as-groups"] } : {}),
  };
}
