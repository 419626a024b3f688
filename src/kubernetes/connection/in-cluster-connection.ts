import { readFile } from "node:fs/promises";
import type { Connection } from "./connection.ts";
import { FileCredentials } from "./file-credentials.ts";
import { FileValue } from "./file-value.ts";

/** Where kubelet mounts a pod's service account. */
export const SERVICE_ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The connection every pod has. */
export async function inClusterConnection(host: string, port: string, folder: string): Promise<Connection> {
  const value = (file: string, what: string) => ({ file: new FileValue(`${folder}/${file}`, what), what });
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
      headers: {},
      token: value("token", "the service account's token"),
      ca: value("ca.crt", "the cluster's CA"),
    }),
  };
}
