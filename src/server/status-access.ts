import type { IncomingMessage } from "node:http";

/** Checks who may read what. */
export interface Access {
  /** "known": the token is valid; "allowed": its holder may also read that namespace (absent: all of them). */
  mayRead(token: string, what: { readonly namespace?: string | undefined }): Promise<"unknown" | "known" | "allowed">;
}

/** Who may read /api/v1 and /status: everybody, callers on this machine (a port-forward comes as one), or holders of a token. */
export type StatusAuth =
  | { readonly by: "none" }
  | { readonly by: "loopback" }
  | { readonly by: "token"; readonly access: Access };

export const STATUS_AUTHS = ["none", "loopback", "token"] as const satisfies readonly StatusAuth["by"][];

export interface Refusal {
  readonly code: 401 | 403 | 503;
  readonly reason: "Unauthorized" | "Forbidden" | "ServiceUnavailable";
  readonly message: string;
}

/** Why the caller may not read what concerns that namespace (absent: all of them); undefined where they may. */
export async function checkAccess(
  request: IncomingMessage,
  namespace: string | undefined,
  auth: StatusAuth,
): Promise<Refusal | undefined> {
  if (auth.by === "none") return undefined;
  if (auth.by === "loopback") {
    if (isLoopback(request.socket.remoteAddress ?? "")) return undefined;
    const remedy = "use kubectl port-forward, or run the controller with --status-auth=token";
    return {
      code: 403,
      reason: "Forbidden",
      message: `only callers on the controller's own machine may read this: ${remedy}`,
    };
  }
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (token === undefined) return unauthorized("expected a header Authorization: Bearer with a token of the cluster");
  try {
    const answer = await auth.access.mayRead(token, { namespace });
    if (answer === "allowed") return undefined;
    if (answer === "unknown") return unauthorized("the API server does not know the token");
  } catch (error) {
    const message = `the API server cannot be asked about the token: ${(error as Error).message}`;
    return { code: 503, reason: "ServiceUnavailable", message };
  }
  const where = namespace === undefined ? "all namespaces" : `namespace ${JSON.stringify(namespace)}`;
  return {
    code: 403,
    reason: "Forbidden",
    message: `expected the right to list workerautoscalers.muster.dev in ${where}`,
  };
}

function unauthorized(message: string): Refusal {
  return { code: 401, reason: "Unauthorized", message };
}

function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127\./.test(address) || address === "::1";
}
