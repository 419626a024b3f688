type Fields = Readonly<Record<string, unknown>>;

/** The JSON merge patch (RFC 7386) that makes `before` into `after`; undefined where they are equal. */
export function mergePatchBetween(before: Fields, after: Fields): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(before)) {
    if (after[key] === undefined) patch[key] = null;
  }
  for (const [key, value] of Object.entries(after)) {
    if (value === undefined) continue;
    const old = before[key];
    const change =
      isFields(old) && isFields(value) ? mergePatchBetween(old, value) : isEqual(old, value) ? undefined : value;
    if (change !== undefined) patch[key] = change;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEqual(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isEqual(item, other[index]));
  }
  return isFields(one) && isFields(other) && mergePatchBetween(one, other) === undefined;
}
