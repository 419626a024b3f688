import { dirname, resolve } from "node:path";
import type { Connection, Credentials, RequestHeaders } from "./connection.ts";
import {
  type CredentialValue,
  FileCredentials,
  FileValue,
  fixedValue,
  joinCredentials,
  pemField,
} from "./credentials.ts";
import { ExecCredentials } from "./exec-credentials.ts";
import type { Kubeconfig, KubeconfigCluster, KubeconfigUser, Placed } from "./kubeconfig.ts";
import { proxyFor } from "./proxy-for.ts";

export function kubeconfigConnection(
  config: Kubeconfig,
  contextName: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Connection {
  const name = contextName ?? config.currentContext;
  const files = config.files.join(", ");
  if (name === undefined) throw new Error(`expected current-context to be set in ${files}, it is not`);
  const context = findNamed(config.contexts, name, "context", files);
  const { cluster: clusterName, user: userName, namespace } = context.value;
  const cluster = findNamed(config.clusters, clusterName, `cluster (of context ${name})`, files);
  const where = `cluster ${clusterName} in ${cluster.file}`;
  const none: Placed<KubeconfigUser> = { file: context.file, value: {} };
  const user = userName ? findNamed(config.users, userName, `user (of context ${name})`, files) : none;
  const server = serverUrl(cluster.value.server, where);
  const proxy = proxyFor(server, cluster.value["proxy-url"] ?? undefined, environment);
  const ca = pemField(cluster, "certificate-authority", where);
  return {
    origin: `context ${name} of ${files}`,
    server,
    namespace: namespace ?? "default",
    skipVerification: cluster.value["insecure-skip-tls-verify"] ?? false,
    ...(cluster.value["tls-server-name"] ? { serverName: cluster.value["tls-server-name"] } : {}),
    ...(proxy ? { proxy } : {}),
    // The cluster's CA travels with the user's credentials, as it too may be a file that changes.
    credentials: userCredentials(userName ?? "", user, ca, cluster),
  };
}

function findNamed<Value>(
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
  const got = url?.protocol ?? "no address";
  throw new Error(`expected server of ${where} to be an https:// or http:// address, got ${got}`);
}

function userCredentials(
  name: string,
  user: Placed<KubeconfigUser>,
  ca: CredentialValue | undefined,
  cluster: Placed<KubeconfigCluster>,
): Credentials {
  const { file, value } = user;
  const where = `user ${name} in ${file}`;
  if (value["auth-provider"]) {
    throw new Error(`expected ${where} to use exec, got auth-provider, which Kubernetes 1.26 removed`);
  }
  const certificate = pemField(user, "client-certificate", where);
  const key = pemField(user, "client-key", where);
  if ((certificate === undefined) !== (key === undefined)) {
    throw new Error(`expected client-certificate and client-key together in ${where}, got one of them`);
  }
  const { exec } = value;
  const token = exec ? undefined : tokenOf(user, where);
  const fixed = new FileCredentials({ token, ca, certificate, key }, userHeaders(value));
  if (!exec) return fixed;
  const command = exec.command.includes("/") ? resolve(dirname(file), exec.command) : exec.command;
  const information = exec.provideClusterInfo ? { cluster: clusterInformation(cluster) } : {};
  return joinCredentials(fixed, new ExecCredentials({ what: `exec of ${where}`, exec, command, ...information }));
}

/** As in client-go, a tokenFile wins over a token. */
function tokenOf({ file, value }: Placed<KubeconfigUser>, where: string): CredentialValue | undefined {
  if (!value.tokenFile) return value.token ? fixedValue(value.token) : undefined;
  return new FileValue(resolve(dirname(file), value.tokenFile), `tokenFile of ${where}`, { isPem: false });
}

function userHeaders({ username, password, ...user }: KubeconfigUser): RequestHeaders {
  const login = `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}`;
  return {
    ...(username ? { authorization: login } : {}),
    ...(user.as ? { "impersonate-user": user.as } : {}),
    ...(user["as-uid"] ? { "impersonate-uid": user["as-uid"] } : {}),
    ...(user["as-groups"]?.length ? { "impersonate-group": user["as-groups"] } : {}),
  };
}

/** ExecCredential.spec.cluster: what an exec plugin hears of the cluster. */
function clusterInformation({ file, value }: Placed<KubeconfigCluster>): Record<string, unknown> {
  const { server, "certificate-authority": path, "certificate-authority-data": data } = value;
  const name = value["tls-server-name"];
  const proxy = value["proxy-url"];
  return {
    server,
    ...(name ? { "tls-server-name": name } : {}),
    ...(value["insecure-skip-tls-verify"] ? { "insecure-skip-tls-verify": true } : {}),
    ...(data ? { "certificate-authority-data": data } : {}),
    ...(path && !data ? { "certificate-authority": resolve(dirname(file), path) } : {}),
    ...(proxy ? { "proxy-url": proxy } : {}),
  };
}
