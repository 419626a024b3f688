import type { FailureKind } from "../../core/index.ts";
import { SourceError } from "./source-error.ts";

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

/** A failed connection as a SourceError. `where` is the server, in a form without credentials and query. */
export function connectionFailure(error: unknown, where: string): SourceError {
  if (error instanceof SourceError) return error;
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (code.startsWith("HPE_")) return new SourceError("Malformed", `${where} does not speak HTTP (${code})`);
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) {
    return new SourceError(
      "Unavailable",
      `${where} has a certificate that is not trusted (${code}): set caCertificate`,
    );
  }
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "EPROTO") {
    return new SourceError("Unavailable", `${where} does not speak TLS: write http:// if that is meant`);
  }
  return new SourceError("Unavailable", `${where} cannot be reached (${code || message})`);
}
