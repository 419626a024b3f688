/** Why the API server did not do what was asked. */
export type KubernetesErrorKind =
  | "Conflict"
  | "NotFound"
  | "Forbidden"
  | "Invalid"
  | "Throttled"
  | "Gone"
  | "Unavailable"
  | "TimedOut"
  /** Not sent: this process does not hold the lease, or not for long enough. */
  | "NotLeading";

/** The only error that kubernetes/ rejects with. The message holds no credential. */
export class KubernetesError extends Error {
  override readonly name = "KubernetesError";
  readonly kind: KubernetesErrorKind;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** Seconds the server asked us to wait (429, 503), at most 30. */
  readonly retryAfterSeconds?: number;

  constructor(
    kind: KubernetesErrorKind,
    message: string,
    details: ErrorOptions & { status?: number; retryAfterSeconds?: number } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    if (details.status !== undefined) this.status = details.status;
    if (details.retryAfterSeconds !== undefined) this.retryAfterSeconds = details.retryAfterSeconds;
  }
}
