import type { FailureKind } from "../../core/index.ts";

/** The only error a source rejects with. Its message never holds a credential or a URL's query. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** An answer that is larger than any honest one to a single look. Of the past it may mean that less is to be asked for at once. */
export class OversizedAnswerError extends SourceError {
  constructor(message: string) {
    super("Malformed", message);
  }
}
