import { access, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Connection } from "./connection.ts";
import { FileCredentials, FileValue } from "./credentials.ts";
import { readKubeconfig } from "./kubeconfig.ts";
import { kubeconfigConnection } from "./kubeconfig-connection.ts";

export interface ConnectionChoice {
  /** --kube-config. */
  readonly path?: string | undefined;
  /** Default: the kubeconfig's current-context. */
  readonly context?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly home?: string;
  readonly serviceAccountFolder?: string;
}

/** Finds the cluster: the path given, else KUBECONFIG, else the pod's service account, else ~/.kube/config. */
export async function findConnection(choice: ConnectionChoice = {}): Promise<Connection> {
  const environment = choice.environment ?? process.env;
  const fromFiles = async (files: string[], missing: "fail" | "skip") =>
    kubeconfigConnection(await readKubeconfig(files, missing), choice.context, environment);
  if (choice.path) return fromFiles([choice.path], "fail");
  const listed = (environment.KUBECONFIG ?? "").split(delimiter).filter(Boolean);
  if (listed.length > 0) return fromFiles(listed, listed.length === 1 ? "fail" : "skip");
  const folder = choice.serviceAccountFolder ?? SERVICE_ACCOUNT_FOLDER;
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  if (host && port && (await exists(join(folder, "token")))) return inClusterConnection(host, port, folder);
  const standard = join(choice.home ?? homedir(), ".kube", "config");
  if (await exists(standard)) return fromFiles([standard], "fail");
  throw new Error(
    `expected a cluster: give --kube-config or KUBECONFIG, run in a pod with a service account, or have ${standard}`,
  );
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Where kubelet mounts a pod's service account. */
const SERVICE_ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

async function inClusterConnection(host: string, port: string, folder: string): Promise<Connection> {
  const address = host.includes(":") ? `[${host}]` : host;
  return {
    origin: "in-cluster service account",
    server: new URL(`https://${address}:${port}`),
    namespace: await readFile(`${folder}/namespace`, "utf8").then(
      (text) => text.trim() || "default",
      () => "default",
    ),
    skipVerification: false,
    credentials: new FileCredentials({
      token: new FileValue(`${folder}/token`, "the service account's token", { isPem: false }),
      ca: new FileValue(`${folder}/ca.crt`, "the cluster's CA", { isPem: true }),
    }),
  };
}
