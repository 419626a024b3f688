const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/**
 * The widest bucket that a query sums its points up in: '30min' in Graphite's summarize, time(5m) in InfluxQL. A bucket
 * bears the time of its beginning, so its value is up to one bucket old and fresh all the same.
 */
export function bucketSeconds(query: unknown): number {
  if (typeof query !== "string") return 0;
  const widths = query.matchAll(/(?:['"]|time\(\s*)(\d+)\s*(s|min|m|h|d|w)[a-z]*\s*['",)]/gi);
  return Math.max(0, ...[...widths].map(([, count, unit]) => Number(count) * (UNITS[unit?.charAt(0) ?? ""] ?? 0)));
}
