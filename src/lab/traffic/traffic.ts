import type { Instant } from "../../core/index.ts";

/** The arrivals of a run, in columns that hold a year of minutes in a few megabytes. */
export interface Traffic {
  readonly name: string;
  /**
   * messages: each entry is one message. counts: each entry has a number of messages, at random times in its bin. rates:
   * each entry has an expected number, and chance decides; a moment has exactly its number.
   */
  readonly kind: "messages" | "counts" | "rates";
  readonly start: Instant;
  readonly durationMs: number;
  /** Of each entry, in milliseconds from the start, ascending. */
  readonly at: Float64Array;
  /** Messages of each entry; absent: one. */
  readonly counts?: Float64Array | undefined;
  /** Length of a bin; 0 for moments. */
  readonly binMs: number;
  /** If bins differ in length. */
  readonly spans?: Float64Array | undefined;
  /** Service time of each entry's messages in milliseconds; absent or NaN: of the workers. */
  readonly serviceMs?: Float64Array | undefined;
  /** Remarks for the reader of the result, as sentences. */
  readonly remarks: readonly string[];
}

/** Messages in all, counted or expected. */
export function countMessages({ at, counts }: Traffic): number {
  if (counts === undefined) return at.length;
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}

/** Entries from one index up to another, excluded, as a traffic of its own. */
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
    counts: counts && cut(counts),
    spans: spans && cut(spans),
    serviceMs: serviceMs && cut(serviceMs),
  };
}

/** The first entry after this share of the time. */
export function entryAtShare({ at, durationMs }: Traffic, share: number): number {
  const index = at.findIndex((moment) => moment >= durationMs * share);
  return index === -1 ? at.length : index;
}
