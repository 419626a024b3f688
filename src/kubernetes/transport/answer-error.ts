import { KubernetesError, type KubernetesErrorKind } from "../ports.ts";

const KINDS: Readonly<Record<number, KubernetesErrorKind>> = {
  400: "Invalid",
  401: "Forbidden",
  403: "Forbidden",
  404: "NotFound",
  405: "Invalid",
  406: "Invalid",
  408: "TimedOut",
  409: "Conflict",
  410: "Gone",
  413: "Invalid",
  415: "Invalid",
  422: "Invalid",
  429: "Throttled",
};
const LONGEST_MESSAGE = 500;
/** A server may be well again long before the time that it asked for: it is tried at least this often. */
const LONGEST_RETRY_AFTER_SECONDS = 10;

/** The error for an answer that is not a success. `what` is the call: "patch deployments/scale shop/sender". */
export function answerError(what: string, status: number, body: string, retryAfter?: string): KubernetesError {
  const seconds = Number(retryAfter);
  const said = statusMessage(body) ?? "no reason was given";
  return new KubernetesError(KINDS[status] ?? "Unavailable", `${what}: ${status}: ${said}`, {
    status,
    ...(retryAfter && Number.isFinite(seconds) && seconds >= 0
      ? { retryAfterSeconds: Math.min(seconds, LONGEST_RETRY_AFTER_SECONDS) }
      : {}),
  });
}

/** The Retry-After header, the first where there are several. */
export function retryAfterOf(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined {
  const value = headers["retry-after"];
  return Array.isArray(value) ? value[0] : value;
}

/** An answer or event that is no answer at all. */
export function malformed(what: string, why: string): KubernetesError {
  return new KubernetesError("Unavailable", `${what}: expected an answer of the Kubernetes API, got ${why}`);
}

/** The error for a call that had no answer. */
export function connectionError(what: string, cause: unknown): KubernetesError {
  if (cause instanceof KubernetesError) return cause;
  return new KubernetesError("Unavailable", `${what}: ${reason(cause)}`, { cause });
}

/** The message of a `kind: Status`; nothing of what a stranger in between may have answered. */
function statusMessage(body: string): string | undefined {
  try {
    const { kind, message } = JSON.parse(body) as { kind?: unknown; message?: unknown };
    if (kind === "Status" && typeof message === "string") return message.slice(0, LONGEST_MESSAGE);
  } catch {
    return undefined;
  }
  return undefined;
}

function reason(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return reason(cause.errors[0]);
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ((cause as NodeJS.ErrnoException).code ?? cause.name);
}
