import { excerpt } from "./safe-text.ts";
import { SourceError } from "./source-error.ts";

/** The error itself where it is a SourceError; anything else, which a source should never meet, wrapped so that it is seen and survived. */
export function asSourceError(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new SourceError("Malformed", `unexpected error: ${excerpt(text)}`, { cause: error });
}
