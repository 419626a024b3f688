import { printable } from "../../core/index.ts";

const LONGEST_EXCERPT = 200;
/** Errors have a few hundred characters; a search for credentials in a longer text than this would take long. */
const LONGEST_SEARCHED = 16_384;
/** A server that cuts what it repeats shows the beginning of a credential: a run of this length counts as all of it. */
const SHORTEST_RUN = 12;

/** The beginning of a foreign text, fit for one line of an error: no control characters, none of the `secrets`. */
export function excerpt(foreign: string, secrets: readonly string[] = []): string {
  // Redacting comes before cutting, so that no credential is cut in half and passes.
  const line = printable(
    redact(foreign.slice(0, LONGEST_SEARCHED), secrets).replace(/[\p{Cc}\p{Cf}\s]+/gu, " "),
  ).trim();
  return line.length > LONGEST_EXCERPT ? `${line.slice(0, LONGEST_EXCERPT)}…` : line;
}

/**
 * The text with each of the `secrets` replaced by asterisks, in each form that a server may repeat it in: plain, escaped
 * as in JSON, URLs, HTML or quoted-printable (also a mixture, and twice), in base64 (also within something longer, as in
 * basic authentication), and in hexadecimal.
 */
export function redact(foreign: string, secrets: readonly string[]): string {
  const forms = secrets.filter((secret) => secret.length > 0).flatMap(formsOf);
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
  const whole = longestFirst.reduce((text, form) => withoutForm(text, form, 1), foreign);
  return longestFirst.reduce((text, form) => withoutForm(text, form, 0.5), whole);
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const whole = bytes.toString("base64");
  // Within something longer the characters at both ends differ: those between are always the same.
  const within = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    return text.slice(before === 0 ? 0 : before + 1, (bytes.length + before) % 3 === 0 ? undefined : -1);
  });
  const base64 = [whole, whole.replace(/=+$/, ""), ...within].flatMap((text) => [text, urlSafe(text)]);
  const hex = bytes.toString("hex");
  return [secret, ...[...base64, hex, hex.toUpperCase()].filter(({ length }) => length >= 6)];
}

function urlSafe(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}

/** `share`: how much of the form must be there, from its beginning. */
function withoutForm(text: string, form: string, share: number): string {
  const characters = [...form.replace(/\\+/g, "\\")].map(characterPattern);
  const least = Math.min(characters.length, Math.max(SHORTEST_RUN, Math.ceil(characters.length * share)));
  let shown = "";
  let at = 0;
  while (at < text.length) {
    const end = endOfRun(text, at, characters, least);
    shown += end === undefined ? text[at] : "***";
    at = end ?? at + 1;
  }
  return shown;
}

/** Where the characters that begin at `at` end, all of them or at least `least`. */
function endOfRun(text: string, at: number, characters: readonly RegExp[], least: number): number | undefined {
  let end = at;
  for (const [index, character] of characters.entries()) {
    character.lastIndex = end;
    if (!character.test(text)) return index >= least ? end : undefined;
    end = character.lastIndex;
  }
  return end;
}

/**
 * A run of backslashes, which counts as one (see withoutForm), in all its forms. Runs are bounded, so that a text of nothing
 * but backslashes takes linear time.
 */
const BACKSLASH = /(?:\\(?:u005[cC]|u\{0*5[cC]\}|x5[cC])?|%(?:25)*5[cC]|=5[cC]|&(?:amp;)*#(?:0*92|x0*5[cC]);){1,256}/y;
const patterns = new Map<string, RegExp>([["\\", BACKSLASH]]);
const NAMED: Readonly<Record<string, string>> = {
  "&": "amp",
  "<": "lt",
  ">": "gt",
  '"': "quot",
  "'": "apos",
  " ": "nbsp",
};
/** The backslashes of an escape; those before it may have been taken for a backslash of the credential. */
const BACKSLASHES = String.raw`(?:\\{1,32}|(?<=\\))`;
const SHORT: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f" };

/** One character in all forms that it may be escaped in. A text that was escaped twice has its `%`, `&` and `\` escaped. */
function characterPattern(character: string): RegExp {
  const known = patterns.get(character);
  if (known !== undefined) return known;
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  const bytes = [...Buffer.from(character)].map((byte) => byte.toString(16).padStart(2, "0"));
  const code = character.codePointAt(0) ?? 0;
  const forms = [
    String.raw`\\{0,32}${escapeForRegExp(character)}`,
    units.map((unit) => `${BACKSLASHES}u${unit.toString(16).padStart(4, "0")}`).join(""),
    String.raw`${BACKSLASHES}u\{0*${code.toString(16)}\}`,
    bytes.map((byte) => `(?:%(?:25)*|=|${BACKSLASHES}x)${byte}`).join(""),
    `&(?:amp;)*#0*${code};`,
    `&(?:amp;)*#x0*${code.toString(16)};`,
    ...(NAMED[character] === undefined ? [] : [`&(?:amp;)*${NAMED[character]};`]),
    ...(SHORT[character] === undefined ? [] : [`${BACKSLASHES}${SHORT[character]}`]),
    ...(character === " " ? [String.raw`\+`] : []),
  ];
  // The longer form first: a backslash may be the character itself or the beginning of its escape.
  const insensitive = forms
    .slice(1)
    .map((form) => form.replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`));
  const pattern = new RegExp(`(?:${[...insensitive, forms[0]].join("|")})`, "y");
  if (patterns.size <= 2_000) patterns.set(character, pattern);
  return pattern;
}

function escapeForRegExp(character: string): string {
  return /[\^$\\.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}
