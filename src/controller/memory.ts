import type { Instant, Memory } from "../core/index.ts";

/** What is left of a memory when the signals were changed: scalings happened, but what old signals asked for is void. */
export function withoutRecommendations({ recommendations: _, ...rest }: Memory): Memory {
  return rest;
}

/** The memory in a time of day that was stepped by so many milliseconds. */
export function steppedBy(milliseconds: number, { lastScaleAt, recommendations, scalings }: Memory): Memory {
  const move = <Item extends { readonly at: Instant }>(item: Item) => ({ ...item, at: item.at + milliseconds });
  return {
    ...(lastScaleAt === undefined ? {} : { lastScaleAt: lastScaleAt + milliseconds }),
    ...(recommendations === undefined ? {} : { recommendations: recommendations.map(move) }),
    ...(scalings === undefined ? {} : { scalings: scalings.map(move) }),
  };
}

/** Of what this process remembers and what the object's status says, the one that knows of the later scaling. */
export function laterOf(own: Memory, stored: Memory): Memory {
  return (stored.lastScaleAt ?? 0) >= (own.lastScaleAt ?? 0) ? stored : own;
}
