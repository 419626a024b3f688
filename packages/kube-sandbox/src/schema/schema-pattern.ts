const compiled = new Map<string, RegExp>();
const REMEMBERED = 1_000;

/** A schema's pattern as a RegExp; of RE2's own syntax, a leading `(?i)` is understood. Throws a SyntaxError. */
export function schemaPattern(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const flags = pattern.startsWith("(?i)") ? "i" : "";
  const made = new RegExp(flags === "" ? pattern : pattern.slice("(?i)".length), flags);
  if (compiled.size >= REMEMBERED) compiled.clear();
  compiled.set(pattern, made);
  return made;
}
