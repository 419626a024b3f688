/** A document whose keys without a value are left out: `dryRun:` with nothing after it states nothing. */
export function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const stated = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(stated.map(([name, child]) => [name, withoutNulls(child)]));
}
