import type { FailureKind } from "../../core/index.ts";
import { socketFailure } from "./socket-failure.ts";
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

/** A failed request as a SourceError. `where` is the server, in a form without credentials and query. */
export function connectionFailure(error: unknown, where: string): SourceError {
  const { code } = error as NodeJS.ErrnoException;
  if (code?.startsWith("HPE_")) return new SourceError("Malformed", `${where} does not speak HTTP (${code})`);
  return socketFailure(error, where);
}
