/** What stands in brackets: a list's entry by its place, or by its `name`. */
type Step = string | { readonly entry: string };

/** Why a path leads nowhere in a document: where, and what was expected there. */
export class NowhereError extends Error {
  override readonly name = "NowhereError";
}

/** The keys that a path such as "spec.signals[queue].backlog" has in that document; the last ones may be missing in it. */
export function fieldKeys(path: string, document: unknown): readonly (string | number)[] {
  const keys: (string | number)[] = [];
  let value = document;
  for (const step of stepsOf(path)) {
    const key = typeof step === "string" ? step : entryIn(value, step.entry, path);
    if (typeof step === "string" && Array.isArray(value)) {
      throw new NowhereError(`expected an entry of the list before .${step}, such as [0] or [NAME]`);
    }
    keys.push(key);
    value = childOf(value, key);
    if (value !== undefined && value !== null && typeof value !== "object" && keys.length < stepsOf(path).length) {
      throw new NowhereError(`expected a mapping at ${key}, got ${JSON.stringify(value)}`);
    }
  }
  if (typeof value === "object" && value !== null)
    throw new NowhereError("expected a field with one value, got a mapping or a list");
  return keys;
}

/** A copy of the document with that value in that field. */
export function withField(document: unknown, keys: readonly (string | number)[], value: unknown): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  const child = withField(childOf(document, key), rest, value);
  if (Array.isArray(document)) return document.with(key as number, child);
  return { ...(document as object | undefined), [key]: child };
}

function stepsOf(path: string): readonly Step[] {
  return [...path.matchAll(/\[([^\]]+)\]|[^.[\]]+/g)].map(([word, entry]) => (entry === undefined ? word : { entry }));
}

function entryIn(list: unknown, entry: string, path: string): number {
  if (!Array.isArray(list)) throw new NowhereError(`expected a list before [${entry}] in ${path}`);
  const index = /^\d+$/.test(entry) ? Number(entry) : list.findIndex((one) => childOf(one, "name") === entry);
  if (index >= 0 && index < list.length) return index;
  const names = list.map((one, place) => childOf(one, "name") ?? place).join(", ");
  throw new NowhereError(`expected one of the list's entries ${names}, got [${entry}]`);
}

function childOf(value: unknown, key: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
