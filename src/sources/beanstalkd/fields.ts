import { excerpt } from "../shared/safe-text.ts";
import { SourceError } from "../shared/source-error.ts";

/** A whole number out of a `stats` text. The text is a flat YAML dictionary that beanstalkd prints field by field. */
export function numberField(text: string, name: string): number {
  const field = wordField(text, name);
  if (!/^\d{1,20}$/.test(field)) {
    throw new SourceError("Malformed", `expected a whole number as ${name}, got something else`, {
      answer: excerpt(field),
    });
  }
  return Number(field);
}

/** A field of a `stats` text, without the quotes that beanstalkd 1.13 puts around names. */
export function wordField(text: string, name: string): string {
  const label = `\n${name}: `;
  const found = text.indexOf(label);
  if (found < 0) {
    throw new SourceError("Malformed", `expected the field ${name}, got a text without it`, { answer: excerpt(text) });
  }
  const start = found + label.length;
  const end = text.indexOf("\n", start);
  return unquoted(text.slice(start, end < 0 ? undefined : end));
}

/** The items of a `list-tubes` text. */
export function listItems(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("- "))
    .map((line) => unquoted(line.slice(2)));
}

function unquoted(text: string): string {
  return text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
