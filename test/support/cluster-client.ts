import { findConnection } from "../../src/kubernetes/connection/find-connection.ts";
import type { ApiClientOptions } from "../../src/kubernetes/transport/api-client.ts";
import { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";
import type { ControlPlane } from "./control-plane.ts";

const FOR_EVER = new AbortController().signal;

/** A client of a test's control plane; with `port`, through a proxy that listens there. */
export async function clusterClient(
  plane: Pick<ControlPlane, "kubeconfigPath">,
  options: ApiClientOptions & { readonly port?: number; readonly token?: string } = {},
): Promise<ConnectedClient> {
  const connection = await findConnection({ path: plane.kubeconfigPath });
  const server = options.port === undefined ? connection.server : new URL(`https://127.0.0.1:${options.port}`);
  const { token } = options;
  const credentials =
    token === undefined
      ? connection.credentials
      : {
          current: async (signal: AbortSignal) => ({
            ...(await connection.credentials.current(signal)),
            headers: { authorization: `Bearer ${token}` },
          }),
          forget: () => undefined,
        };
  return new ConnectedClient({ ...connection, server, credentials }, options);
}

/** Objects are made, read and removed by these, whatever their kind. */
export interface Objects {
  create(path: string, body: object): Promise<unknown>;
  get(path: string): Promise<unknown>;
  patch(path: string, body: object): Promise<unknown>;
}

/** For setting a test's stage. */
export function objectsOf(client: ConnectedClient): Objects {
  const call = (method: "GET" | "POST" | "PATCH", path: string, body?: object) =>
    client.call(
      { method, path, what: `test ${method}`, lane: "read", timeoutMs: 30_000, ...(body ? { body } : {}) },
      FOR_EVER,
    );
  return {
    create: (path, body) => call("POST", path, body),
    get: (path) => call("GET", path),
    patch: (path, body) => call("PATCH", path, body),
  };
}

/** A Deployment of no pods that will ever run. */
export function deployment(name: string, replicas = 0, more: object = {}): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { serviceAccountName: "default", containers: [{ name: "worker", image: "worker" }], ...more },
      },
    },
  };
}
