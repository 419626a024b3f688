import { dirname, isAbsolute, resolve } from "node:path";
import type { Connection, Credentials, RequestHeaders } from "./connection.ts";
import { FileCredentials, fileOrigin, JoinedCredentials, type ValueOrigin, valueOrigin } from "./credentials.ts";
import { ExecCredentials } from "./exec-credentials.ts";
import type { Kubeconfig, KubeconfigCluster, KubeconfigUser, Placed } from "./kubeconfig.ts";
import { proxyFor } from "./proxy-for.ts";

/** The connection that a kubeconfig's context describes. */
export function kubeconfigConnection(
  config: Kubeconfig,
  contextName: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Connection {
  const name = contextName ?? config.currentContext;
  const files = config.files.join(", ");
  if (name === undefined) throw new Error(`expected current-context to be set in ${files}, it is not`);
  const context = wanted(config.contexts, name, "context", files);
  const cluster = wanted(config.clusters, context.value.cluster, `cluster (of context ${name})`, files);
  const where = `cluster ${context.value.cluster} in ${cluster.file}`;
  const userName = context.value.user;
  const user = userName ? wanted(config.users, userName, `user (of context ${name})`, files) : undefined;
  const server = serverUrl(cluster.value.server, where);
  const proxy = proxyFor(server, cluster.value["proxy-url"] ?? undefined, environment);
  const ca = valueOrigin(cluster, "certificate-authority", where);
  return {
    origin: `context ${name} of ${files}`,
    server,
    namespace: context.value.namespace ?? "default",
    skipVerification: cluster.value["insecure-skip-tls-verify"] ?? false,
    ...(cluster.value["tls-server-name"] ? { serverName: cluster.value["tls-server-name"] } : {}),
    ...(proxy ? { proxy } : {}),
    credentials: userCredentials({
      name: userName ?? "",
      user: user ?? { file: context.file, value: {} },
      ...(ca ? { ca } : {}),
      cluster: () => clusterInformation(cluster),
    }),
  };
}

function wanted<Value>(
  all: ReadonlyMap<string, Placed<Value>>,
  name: string,
  what: string,
  files: string,
): Placed<Value> {
  const found = all.get(name);
  if (found !== undefined) return found;
  const known = [...all.keys()].slice(0, 10).join(", ") || "none";
  throw new Error(`expected a ${what} named ${name} in ${files}, which has: ${known}`);
}

function serverUrl(server: string, where: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new Error(
    `expected server of ${where} to be an https:// or http:// address, got ${url?.protocol ?? "no address"}`,
  );
}

/** What an exec plugin is told about the cluster (ExecCredential.spec.cluster). */
function clusterInformation({ file, value }: Placed<KubeconfigCluster>): Record<string, unknown> {
  const path = value["certificate-authority"];
  const information: Record<string, unknown> = { server: value.server };
  if (value["tls-server-name"]) information["tls-server-name"] = value["tls-server-name"];
  if (value["insecure-skip-tls-verify"]) information["insecure-skip-tls-verify"] = true;
  if (value["certificate-authority-data"]) {
    information["certificate-authority-data"] = value["certificate-authority-data"];
  } else if (path) {
    information["certificate-authority"] = isAbsolute(path) ? path : resolve(dirname(file), path);
  }
  if (value["proxy-url"]) information["proxy-url"] = value["proxy-url"];
  return information;
}

interface UserOfContext {
  readonly name: string;
  readonly user: Placed<KubeconfigUser>;
  readonly ca?: ValueOrigin;
  /** ExecCredential.spec.cluster. */
  readonly cluster: () => Record<string, unknown>;
}

/** Credentials of a kubeconfig's user; the cluster's CA travels with them, as it too may be a file that changes. */
function userCredentials({ name, user, ca, cluster }: UserOfContext): Credentials {
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
