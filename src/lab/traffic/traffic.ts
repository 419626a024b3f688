import type { Instant } from "../../core/index.ts";

/** What arrives in a run, recorded or invented, in columns that hold a year of minutes in a few megabytes. */
export interface Traffic {
  readonly name: string;
  /**
   * messages: each entry is one message, at its moment. counts: so many in each entry's bin, spread over it by chance.
   * rates: so many are expected there, and chance says how many come;
   * what comes at one moment comes as it is stated.
   */
  readonly kind: "messages" | "counts" | "rates";
  /** When it begins, for schedules and time stamps. */
  readonly start: Instant;
  readonly durationMs: number;
  /** Of each entry, in milliseconds from the start; never going back. */
  readonly at: Float64Array;
  /** Messages of each entry; absent: one. */
  readonly counts?: Float64Array;
  /** How long an entry's bin is; 0 for moments. */
  readonly binMs: number;
  /** Where bins differ in length. */
  readonly spans?: Float64Array;
  /** Service time of each entry's messages in milliseconds; absent or NaN: that of the workers. */
  readonly serviceMs?: Float64Array;
  /** What a reader of the result should know about it, as sentences. */
  readonly remarks: readonly string[];
}

/** How many messages there are, or are expected. */
export function countMessages({ at, counts }: Traffic): number {
  if (counts === undefined) return at.length;
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}

/** The entries from one index up to and without another one, as a traffic of its own that begins with the first of them. */
export function sliceTraffic(traffic: Traffic, name: string, from: number, to: number): Traffic {
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
export function entryAtShare({ at, durationMs }: Traffic, share: number): number {
  const index = at.findIndex((moment) => moment >= durationMs * share);
  return index === -1 ? at.length : index;
}
