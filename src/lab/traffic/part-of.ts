import type { Traffic } from "./traffic.ts";

/** The entries from one index up to and without another one, as a traffic of its own that begins with the first of them. */
export function partOf(traffic: Traffic, name: string, from: number, to: number): Traffic {
  const { at, counts, spans, serviceMs, ...rest } = traffic;
  const origin = from === 0 ? 0 : (at[from] ?? traffic.durationMs);
  const end = at[to] ?? traffic.durationMs;
  const cut = (column: Float64Array) => column.slice(from, to);
  return {
    ...rest,
    name,
    start: traffic.start + origin,
    durationMs: end - origin,
    at: cut(at).map((moment) => moment - origin),
    ...(counts === undefined ? {} : { counts: cut(counts) }),
    ...(spans === undefined ? {} : { spans: cut(spans) }),
    ...(serviceMs === undefined ? {} : { serviceMs: cut(serviceMs) }),
  };
}

/** The first entry that arrives after so large a share of the time. */
export function entryAfter({ at, durationMs }: Traffic, share: number): number {
  const index = at.findIndex((moment) => moment >= durationMs * share);
  return index === -1 ? at.length : index;
}
