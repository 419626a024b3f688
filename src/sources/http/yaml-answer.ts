import { parse } from "yaml";
import { SourceError } from "../shared/source-error.ts";

/** On hostile texts the parser's time grows with the square of their length: 26 s for 256 KiB of quotes, 0.2 s for this. */
const MOST_CHARACTERS = 16 << 10;

export function parseYaml(text: string, where: string): unknown {
  if (text.length > MOST_CHARACTERS) {
    throw new SourceError(
      "Malformed",
      `${where}: expected at most ${MOST_CHARACTERS} characters of YAML, got ${text.length}: let it answer with JSON`,
    );
  }
  try {
    return parse(text, { logLevel: "error", maxAliasCount: 100 });
  } catch {
    // The parser's message repeats the answer, which the status must not show.
    throw new SourceError("Malformed", `${where}: expected YAML, got ${text.length} characters of something else`);
  }
}
