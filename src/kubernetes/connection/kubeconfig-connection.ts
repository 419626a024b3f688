import { dirname, isAbsolute, resolve } from "node:path";
import type { Connection } from "./connection.ts";
import type { KubeconfigCluster } from "./kubeconfig-schema.ts";
import { proxyFor } from "./proxy-for.ts";
import type { Kubeconfig, Placed } from "./read-kubeconfig.ts";
import { userCredentials } from "./user-credentials.ts";
import { valueOrigin } from "./value-origin.ts";

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
