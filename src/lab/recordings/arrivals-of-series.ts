import { UserError } from "../../shared/user-error.ts";
import type { Traffic } from "../traffic/traffic.ts";
import { describeGaps, dropMissing, formatInstant, type RecordedSeries } from "./recorded-series.ts";

/**
 * What the points of a series mean. count: messages in the point's span. rate: messages a second. counter: all messages
 * since a start; it may be reset.
 */
export const ARRIVAL_KINDS = ["count", "rate", "counter"] as const;
type ArrivalKind = (typeof ARRIVAL_KINDS)[number];

const MOST_MESSAGES = 1e10;
const MEANINGS: Readonly<Record<ArrivalKind, string>> = {
  count: "no messages then",
  rate: "no messages then",
  counter: "what the counter grew by then is spread evenly over it",
};

/** Converts a recorded series to arrivals, of which a share is played. */
export function arrivalsFromSeries(recorded: RecordedSeries, kind: ArrivalKind, share: number): Traffic {
  const series = dropMissing(recorded);
  const fewest = kind === "counter" ? 2 : 1;
  if (series.at.length < fewest) {
    const got = series.at.length === 0 ? "none" : "one";
    throw new UserError(`${series.name}: expected ${fewest === 2 ? "at least two points" : "points"}, got ${got}`);
  }
  series.values.forEach((value, index) => {
    if (value >= 0 && value <= MOST_MESSAGES * 1e6) return;
    const when = formatInstant(series.at[index] ?? 0);
    throw new UserError(`${series.name}: expected a number of messages, 0 or more, got ${value} at ${when}`);
  });
  const bins = kind === "counter" ? differentiate(series) : { ...series, resets: 0 };
  const perPoint =
    kind === "rate" ? bins.values.map((rate, index) => (rate * (bins.spans[index] ?? 0)) / 1000) : bins.values;
  return trafficOf(series, { ...bins, values: perPoint }, share, [
    ...describeGaps(series, MEANINGS[kind]),
    ...(bins.resets === 0 ? [] : [`The counter began anew ${times(bins.resets)}: from 0, as far as one can tell.`]),
  ]);
}

interface Columns {
  readonly at: Float64Array;
  readonly values: Float64Array;
  readonly spans: Float64Array;
}

/** The growth of a counter between points; a smaller value means that it was reset. */
function differentiate({ at, values }: RecordedSeries): Columns & { readonly resets: number } {
  let resets = 0;
  const grown = values.slice(1).map((value, index) => {
    const before = values[index] as number;
    if (value >= before) return value - before;
    resets += 1;
    return value;
  });
  const spans = at.slice(1).map((moment, index) => moment - (at[index] as number));
  return { at: at.slice(0, -1), values: grown, spans, resets };
}

function trafficOf(
  { name, remarks }: RecordedSeries,
  { at, values, spans }: Columns,
  share: number,
  more: readonly string[],
): Traffic {
  const start = at[0] as number;
  const binMs = spans[0] as number;
  const shared = share === 1 ? [] : [`${share} of the recorded messages are played.`];
  return {
    name,
    kind: "counts",
    start,
    durationMs: Math.max(1_000, (at.at(-1) as number) + (spans.at(-1) as number) - start),
    at: at.map((moment) => moment - start),
    counts: values.map((value) => value * share),
    binMs,
    ...(spans.every((span) => span === binMs) ? {} : { spans }),
    remarks: [...shared, ...remarks, ...more],
  };
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
