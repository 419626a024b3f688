/** One object of a document, and where it stands there. */
export interface Entry {
  readonly value: unknown;
  /** Its path; empty: the document itself. */
  readonly at: string;
}

/** The objects of a list, as `kubectl get -o yaml` prints one, or the document itself. */
export function entriesOf(value: unknown): readonly Entry[] {
  const { kind, items } = (value ?? {}) as { kind?: unknown; items?: unknown };
  if (typeof kind !== "string" || !kind.endsWith("List") || !Array.isArray(items)) return [{ value, at: "" }];
  return items.map((item, index) => ({ value: item, at: `items[${index}]` }));
}
