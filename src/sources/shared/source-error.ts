import type { FailureKind, ReadingFailure } from "../../core/index.ts";
import { excerpt } from "./safe-text.ts";

/** The only error a source rejects with. Its message never holds a credential or a URL's query. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly kind: FailureKind;
  /** The beginning of what the server answered, for the operator's log at debug level alone: never for a status or an API. */
  readonly answer: string | undefined;

  constructor(kind: FailureKind, message: string, options?: ErrorOptions & { readonly answer?: string }) {
    super(message, options);
    this.kind = kind;
    this.answer = options?.answer;
  }

  /** The same as a value. */
  get failure(): ReadingFailure {
    return { kind: this.kind, message: this.message };
  }
}

/** An answer came and holds no data: no series, no row, no point. A signal's emptyValue can stand for it. */
export class EmptyAnswerError extends SourceError {
  constructor(message: string) {
    super("NotFound", message);
  }

  override get failure(): ReadingFailure {
    return { ...super.failure, isEmpty: true };
  }
}

/** An answer beyond the limit. Readers of the past then ask for less at once. */
export class OversizedAnswerError extends SourceError {
  constructor(message: string) {
    super("Malformed", message);
  }
}

/** A SourceError as it is. Any other error, which is a fault of ours, as one that names it. */
export function asSourceError(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new SourceError("Malformed", `unexpected error: ${excerpt(text)}`, { cause: error });
}
