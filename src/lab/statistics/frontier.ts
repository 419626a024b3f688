/** Those that nobody beats in both cost and wait, the cheapest first. */
export function frontierOf<Item>(
  items: readonly Item[],
  costOf: (item: Item) => number,
  waitOf: (item: Item) => number,
): readonly Item[] {
  const ordered = [...items].sort((one, other) => costOf(one) - costOf(other) || waitOf(one) - waitOf(other));
  let quickest = Number.POSITIVE_INFINITY;
  return ordered.filter((item) => {
    const isQuicker = waitOf(item) < quickest;
    if (isQuicker) quickest = waitOf(item);
    return isQuicker;
  });
}

/** So many of them, evenly, the first and the last too. */
export function spread<Value>(values: readonly Value[], most: number): readonly Value[] {
  if (values.length <= most) return values;
  const step = (values.length - 1) / (most - 1);
  return values.filter((_, index) => Math.round(Math.round(index / step) * step) === index);
}
