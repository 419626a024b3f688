/**
 * Control characters (C0 with ESC and line ends, DEL, C1), format characters that change how others are shown
 * (bidirectional overrides, zero-width ones, tags), those that are not shown at all, line and paragraph separators, and halves
 * of surrogate pairs.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{DI}]/gu;

/**
 * Text from outside in a form that can be printed on a terminal, a line of a log or a comment: what would move the cursor,
 * begin a line or hide something is written as an escape, such as \u001b. To be used wherever text is printed.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/** The same for a text of several lines that the program has laid out itself: its line ends and tabs stay. */
export function printableLines(text: string): string {
  return text.replace(UNPRINTABLE, (character) =>
    character === "\n" || character === "\t" ? character : escaped(character),
  );
}

/** The same for each string within a value, the names of its fields too. */
export function printableDeep<Value>(value: Value): Value {
  return withPrintableText(value) as Value;
}

function withPrintableText(value: unknown): unknown {
  if (typeof value === "string") return printable(value);
  if (Array.isArray(value)) return value.map(withPrintableText);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [printable(name), withPrintableText(member)]),
  );
}

/** As JSON has it, so that a text of JSON stays one. */
function escaped(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }).join("");
}
