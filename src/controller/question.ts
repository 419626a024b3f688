import type { SourceReference } from "../core/index.ts";

/** A text that is the same for two references exactly when they ask the same thing, whatever the order of their keys. */
export function questionOf(reference: SourceReference): string {
  return `${reference.type} ${canonical(reference.settings)}`;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
  return `{${members.join(",")}}`;
}
