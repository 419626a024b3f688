/** The steps of a JSON pointer (begins with a slash) or of a dotted path with [indices]; undefined if it is neither. */
export function pathSteps(path: string): readonly string[] | undefined {
  if (path === "") return [];
  if (path.startsWith("/")) {
    if (/~(?![01])/.test(path)) return undefined;
    return path
      .slice(1)
      .split("/")
      .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  const dotted = path.replace(/^\$\.?/, "");
  if (!/^(?:[^.[\]]+|\[\d+\])(?:\.[^.[\]]+|\[\d+\])*$/.test(dotted)) return undefined;
  return dotted.match(/[^.[\]]+/g) ?? [];
}

/** What stands at `path` in a JSON value; undefined where there is nothing. */
export function at(value: unknown, path: string): unknown {
  return (pathSteps(path) ?? [path]).reduce(
    (inner, step) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, step)
        ? (inner as Record<string, unknown>)[step]
        : undefined,
    value,
  );
}
