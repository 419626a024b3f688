const LONGEST_EXCERPT = 200;

/** The beginning of a foreign text, fit for one line of an error: no control characters, none of the `secrets`. */
export function excerpt(foreign: string, secrets: readonly string[] = []): string {
  // Redacting comes before cutting, so that no credential is cut in half and passes; a bit more than the excerpt is enough.
  const beginning = redact(foreign.slice(0, 16 * LONGEST_EXCERPT), secrets);
  const line = beginning.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  return line.length > LONGEST_EXCERPT ? `${line.slice(0, LONGEST_EXCERPT)}…` : line;
}

/** The text with each of the `secrets` (also in the forms that URLs and basic authentication give them) blotted out. */
export function redact(foreign: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length > 0)
    .flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")])
    .reduce((line, form) => line.replaceAll(form, "***"), foreign);
}
