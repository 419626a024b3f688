import { type Document, isCollection, isMap, isNode, isPair, isScalar, type LineCounter } from "yaml";

/** A place in a file, 1-based. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Where a field stands in a document, by its path ("spec.signals[0].name"); a missing one is where it would belong. */
export function locate(document: Document, lines: LineCounter, path: string): Place {
  let node: unknown = document.contents;
  let offset = isNode(node) ? node.range?.[0] : undefined;
  for (const key of path.match(/[^.[\]]+/g) ?? []) {
    const item = itemAt(node, key);
    if (item === undefined) break;
    const named: unknown = isPair(item) ? item.key : item;
    offset = isNode(named) ? named.range?.[0] : offset;
    node = isPair(item) ? item.value : item;
  }
  const { line, col } = lines.linePos(offset ?? 0);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** A list's entry, or a mapping's pair. */
function itemAt(node: unknown, key: string): unknown {
  if (!isCollection(node)) return undefined;
  if (!isMap(node)) return node.items[Number(key)];
  return node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}
