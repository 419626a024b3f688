/** No name of ours is half as long: comparing what is longer would only take time. */
const LONGEST_NAME = 64;

/** The known name that a misspelt one most likely means, if any is near: "minReplica" means "minReplicas". */
export function nearName(written: string, known: readonly string[]): string | undefined {
  if (written.length > LONGEST_NAME) return undefined;
  const limit = Math.max(2, Math.floor(written.length / 4));
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const distance = editDistance(plain(written), plain(name));
    if (distance <= limit && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) best = { name, distance };
  }
  return best?.name;
}

/** The remedy for a misspelt name, where a known one is near; otherwise that of the caller, if it has one. */
export function didYouMean(
  written: string,
  known: readonly string[],
  otherwise?: string,
): { readonly remedy?: string } {
  const near = written === "" ? undefined : nearName(written, known);
  const remedy = near === undefined ? otherwise : `did you mean \`${near}\`?`;
  return remedy === undefined ? {} : { remedy };
}

/** Case, dashes and underscores are the commonest slips: they cost nothing. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}

/** Levenshtein's distance, row by row. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
