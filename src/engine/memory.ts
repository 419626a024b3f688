import {
  type Autoscaler,
  type DrainMemory,
  type Instant,
  type Memory,
  withoutBin,
  withScaling,
} from "../core/index.ts";

const LATEST_IN_SECOND_MS = 999;

/** What is left of a memory when the signals were changed: scalings happened, but what old signals said is void. */
export function withoutRecommendations({
  recommendations: _,
  drains: __,
  fallbackSince: ___,
  ...rest
}: Memory): Memory {
  return rest;
}

/** The memory in a time of day that was stepped by these milliseconds. */
export function steppedBy(milliseconds: number, memory: Memory): Memory {
  const { lastScaleAt, activity, recommendations, scalings, fallbackSince, heldByBusySince, drains } = memory;
  const move = <Item extends { readonly at: Instant }>(item: Item) => ({ ...item, at: item.at + milliseconds });
  return {
    ...(lastScaleAt === undefined ? {} : { lastScaleAt: lastScaleAt + milliseconds }),
    ...(activity === undefined ? {} : { activity: { ...activity, since: activity.since + milliseconds } }),
    ...(recommendations === undefined ? {} : { recommendations: recommendations.map(move) }),
    ...(scalings === undefined ? {} : { scalings: scalings.map(move) }),
    ...(fallbackSince === undefined ? {} : { fallbackSince: fallbackSince + milliseconds }),
    ...(heldByBusySince === undefined ? {} : { heldByBusySince: heldByBusySince + milliseconds }),
    ...(drains === undefined ? {} : { drains: mapValues(drains, (drain) => lasting(drain, move)) }),
  };
}

/** What looks saw cannot be compared over a step of the clock, and begins again; what was learned stays. */
function lasting(
  { learned, estimates, grown, forecast, season }: DrainMemory,
  move: <Item extends { readonly at: Instant }>(item: Item) => Item,
): DrainMemory {
  return {
    ...(learned === undefined ? {} : { learned: move(learned) }),
    ...(estimates === undefined ? {} : { estimates }),
    ...(grown === undefined ? {} : { grown: move(grown) }),
    ...(forecast === undefined ? {} : { forecast: move(forecast) }),
    ...(season === undefined ? {} : { season: withoutBin(season) }),
  };
}

function mapValues<Value>(record: Readonly<Record<string, Value>>, map: (value: Value) => Value) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

/** The memory after a scaling of ours that no status tells of. Its time is not known: it counts as made now. */
export function withUnreportedScaling(
  memory: Memory,
  autoscaler: Autoscaler,
  { from, to }: { readonly from: number; readonly to: number },
  now: Instant,
): Memory {
  const scaled = withScaling(memory, autoscaler, to - from, now);
  if (autoscaler.behavior === undefined) return scaled;
  return { ...scaled, recommendations: [...(scaled.recommendations ?? []), { at: now, replicas: to }] };
}

/** Of what this process remembers and what the object's status says, the one that knows of the later scaling. */
export function laterOf(own: Memory, stored: Memory, now: Instant): Memory {
  const isOwn = own.lastScaleAt !== undefined && own.lastScaleAt >= (stored.lastScaleAt ?? 0);
  return isOwn ? own : atEndsOfSeconds(stored, now);
}

/** A status has whole seconds: the time may have been up to the second's end, and no wait may end before its time. */
function atEndsOfSeconds(stored: Memory, now: Instant): Memory {
  const { lastScaleAt, recommendations, scalings } = stored;
  const isWhole = (at: Instant) => at % 1000 === 0;
  const late = (at: Instant) => (isWhole(at) ? Math.max(at, Math.min(at + LATEST_IN_SECOND_MS, now)) : at);
  const move = <Item extends { readonly at: Instant }>(item: Item) => ({ ...item, at: late(item.at) });
  return {
    ...stored,
    ...(lastScaleAt === undefined ? {} : { lastScaleAt: late(lastScaleAt) }),
    ...(recommendations === undefined ? {} : { recommendations: recommendations.map(move) }),
    ...(scalings === undefined ? {} : { scalings: scalings.map(move) }),
  };
}
