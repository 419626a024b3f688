import type { Credentials } from "../../src/kubernetes/connection/connection.ts";
import type { ApiClientOptions } from "../../src/kubernetes/transport/api-client.ts";
import { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";

/** A client of a server that speaks plain HTTP, or HTTPS with a certificate that nobody checks. */
export function plainClient(
  url: string,
  options: ApiClientOptions & { readonly token?: () => string } = {},
): ConnectedClient {
  const credentials: Credentials = {
    current: async () => ({ headers: options.token ? { authorization: `Bearer ${options.token()}` } : {} }),
    forget: () => undefined,
  };
  const server = new URL(url);
  return new ConnectedClient(
    { origin: "test", server, namespace: "default", skipVerification: true, credentials },
    options,
  );
}
