import type { FailureKind } from "../../core/index.ts";
import { excerpt } from "./safe-text.ts";
import { SourceError } from "./source-error.ts";

/** What went wrong below a protocol (DNS, TCP, TLS) as a SourceError that names the server. */
export function socketFailure(error: unknown, server: string): SourceError {
  if (error instanceof SourceError) return error;
  const { code, message } = first(error);
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return new SourceError("Unavailable", `${server} has a certificate for another name: call the server by that`);
  }
  if (code && /CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) {
    return new SourceError(
      "Unavailable",
      `${server} has a certificate that is not trusted (${code}): set caCertificate`,
    );
  }
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG" || code === "EPROTO") {
    return new SourceError("Unavailable", `${server} does not speak TLS: leave TLS out if that is meant`);
  }
  if (/before secure TLS connection/.test(message)) {
    return new SourceError("Unavailable", `${server} hung up on TLS: leave TLS out if it does not speak it`);
  }
  return new SourceError("Unavailable", `${server} cannot be reached (${code ?? message})`);
}

/** A host with several addresses fails with one error for each. */
function first(error: unknown): { code?: string | undefined; message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return first(error.errors[0]);
  const { code, message } = error as NodeJS.ErrnoException;
  return { code, message: excerpt((message || "no reason given").split("\n", 1)[0] ?? "") };
}

const KINDS: Readonly<Record<number, FailureKind>> = {
  401: "Unauthorized",
  403: "Unauthorized",
  404: "NotFound",
  407: "Unauthorized",
  408: "Unavailable",
  410: "NotFound",
  429: "Throttled",
};

/** The kind of failure that an HTTP status (not 2xx) stands for. */
export function kindOfStatus(status: number): FailureKind {
  return KINDS[status] ?? (status >= 500 ? "Unavailable" : "Malformed");
}

/** A failed request as a SourceError. `where` is the server, in a form without credentials and query. */
export function connectionFailure(error: unknown, where: string): SourceError {
  const { code } = error as NodeJS.ErrnoException;
  if (code?.startsWith("HPE_")) return new SourceError("Malformed", `${where} does not speak HTTP (${code})`);
  return socketFailure(error, where);
}
