import { printable } from "../../core/index.ts";

const LONGEST_EXCERPT = 200;
/** Errors have a few hundred characters; a search for credentials in a longer text than this would take long. */
const LONGEST_SEARCHED = 4_096;
/** A server that cuts what it repeats shows a part of a credential: a run of this length counts as all of it. */
const SHORTEST_RUN = 12;
/** The same where nothing in it is escaped. Shorter runs are found in words that have nothing to do with it. */
const SHORTEST_PLAIN_RUN = 10;

/** The beginning of a foreign text, fit for one line of an error: no control characters, none of the `secrets`. */
export function excerpt(foreign: string, secrets: readonly string[] = []): string {
  // Redacting comes before cutting, so that no credential is cut in half and passes.
  const line = printable(
    redactLines(foreign.slice(0, LONGEST_SEARCHED), secrets).replace(/[\p{Cc}\p{Cf}\s]+/gu, " "),
  ).trim();
  return line.length > LONGEST_EXCERPT ? `${line.slice(0, LONGEST_EXCERPT)}…` : line;
}

/** What a longer text is broken at: line ends, also soft ones as in quoted-printable, and characters that nobody sees. */
const GAP = /=?\r?\n[ \t]{0,8}|[\p{Cf}\p{DI}]/gu;

/** The same as redact, also where a credential is broken into lines; the text is joined then. */
function redactLines(foreign: string, secrets: readonly string[]): string {
  const joined = foreign.replace(GAP, "");
  const all = [...secrets, ...secrets.map((secret) => secret.replace(GAP, ""))];
  const shown = joined === foreign ? joined : redact(joined, all);
  return shown === joined ? redact(foreign, secrets) : shown;
}

/**
 * The text with each of the `secrets` replaced by asterisks, in each form that a server may repeat it in: plain, escaped
 * as in JSON, URLs, HTML, C, SQL or quoted-printable (also a mixture, and twice), in base64 (also within something longer, as
 * in basic authentication), in hexadecimal, and parts of it from any place.
 */
export function redact(foreign: string, secrets: readonly string[]): string {
  const forms = secrets.filter((secret) => secret.length > 0).flatMap(formsOf);
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
  const whole = longestFirst.reduce((text, form) => withoutForm(text, form, 1), foreign.replace(REPEATED, "$1$2$3"));
  // A credential may look like an escape of something else.
  const plain = longestFirst.reduce((text, form) => text.replaceAll(form, "***"), whole);
  const begun = longestFirst.reduce((text, form) => withoutForm(text, form, 0.5), plain);
  return longestFirst.reduce(withoutParts, begun);
}

/** What is escaped more often than a few times, of which patterns would try each length. It is matched as one in any case. */
const REPEATED = /(\\{4})\\+|(%2525)(?:25)+|(&amp;amp;)(?:amp;)+/g;

function formsOf(secret: string): readonly string[] {
  const inner = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())];
  const base64 = [...new Set(inner)].flatMap(base64FormsOf);
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  const spaced = [":", " "].map((between) => hex.replace(/..(?=.)/g, `$&${between}`));
  const encoded = [...base64, ...[hex, ...spaced].flatMap((text) => [text, text.toUpperCase()])];
  // Names of hosts and headers change their case; bytes of UTF-8 may have been read as Latin 1.
  const read = [secret.toLowerCase(), secret.toUpperCase(), bytes.toString("latin1")];
  // As SQL and CSV have them.
  const doubled = [secret.replaceAll("'", "''"), secret.replaceAll('"', '""')];
  return [
    secret,
    ...doubled,
    ...encoded.filter(({ length }) => length >= 6),
    ...read.filter(({ length }) => length >= 8),
  ];
}

function base64FormsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const whole = bytes.toString("base64");
  // Within something longer the characters at both ends differ: those between are always the same.
  const within = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    return text.slice(before === 0 ? 0 : before + 1, (bytes.length + before) % 3 === 0 ? undefined : -1);
  });
  return [whole, whole.replace(/=+$/, ""), ...within].flatMap((text) => [text, urlSafe(text)]);
}

function urlSafe(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}

/** What the escape of a character may begin with. */
const ESCAPES: ReadonlySet<string | undefined> = new Set(["\\", "%", "=", "&", "+"]);

/** `share`: how much of the form must be there, from its beginning. */
function withoutForm(text: string, form: string, share: number): string {
  const characters = [...form.replace(/\\+/g, "\\")].map(characterPattern);
  const least = Math.min(characters.length, Math.max(SHORTEST_RUN, Math.ceil(characters.length * share)));
  const mayBegin = (at: number) => text[at] === form[0] || ESCAPES.has(text[at]) || text[at - 1] === "\\";
  let shown = "";
  for (let at = 0; at < text.length; ) {
    const end = mayBegin(at) ? endOfRun(text, at, characters, least) : undefined;
    shown += end === undefined ? text[at] : "***";
    at = end ?? at + 1;
  }
  return shown;
}

/** The text without runs of the form's characters from any place in it. */
function withoutParts(text: string, form: string): string {
  const length = SHORTEST_PLAIN_RUN;
  const runs = new Set(Array.from({ length: form.length - length + 1 }, (_, at) => form.slice(at, at + length)));
  if (runs.size === 0) return text;
  let shown = "";
  for (let at = 0; at < text.length; ) {
    let end = at;
    while (runs.has(text.slice(end, end + length))) end += 1;
    shown += end === at ? text[at] : "***";
    at = end === at ? at + 1 : end - 1 + length;
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
const PERCENT = "(?:%|&(?:amp;)*#0*37;|&(?:amp;)*#x0*25;)";
const SHORT: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f" };

/** One character in all forms that it may be escaped in. A text that was escaped twice has its `%`, `&` and `\` escaped. */
function characterPattern(character: string): RegExp {
  const known = patterns.get(character);
  if (known !== undefined) return known;
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  const utf8 = [...Buffer.from(character)];
  const bytes = utf8.map((byte) => byte.toString(16).padStart(2, "0"));
  const code = character.codePointAt(0) ?? 0;
  const forms = [
    String.raw`\\{0,32}${escapeForRegExp(character)}`,
    units.map((unit) => `${BACKSLASHES}u${unit.toString(16).padStart(4, "0")}`).join(""),
    String.raw`${BACKSLASHES}u\{0*${code.toString(16)}\}`,
    bytes.map((byte) => `(?:${PERCENT}(?:25)*|=|${BACKSLASHES}x)${byte}`).join(""),
    utf8.map((byte) => `${BACKSLASHES}${byte.toString(8).padStart(3, "0")}`).join(""),
    `&(?:amp;)*#0*${code};?`,
    `&(?:amp;)*#x0*${code.toString(16)};?`,
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
