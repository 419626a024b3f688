import { learnBin, type Season } from "../../src/core/index.ts";

export const QUARTER_MS = 900_000;
const DAY = 96;
/** A Thursday, as the week of a forecast begins with one. */
export const THURSDAY = Date.UTC(2024, 4, 30);

/** Numbers in [0, 1) that are the same each time. */
export function randomOf(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 4_294_967_296;
  };
}

/** Messages a second in that quarter of an hour: two peaks a day, half as much at weekends, and a tenth of chance. */
export function workingWeek(index: number, random: () => number): number {
  const hour = (index % DAY) / 4;
  const isWeekend = [2, 3].includes(Math.floor(index / DAY) % 7);
  const peak = (at: number, width: number) => Math.exp(-(((hour - at) / width) ** 2));
  return (isWeekend ? 0.5 : 1) * (1 + 8 * peak(10, 1.5) + 10 * peak(19, 2)) * (0.95 + 0.1 * random());
}

/** The season after so many days of that traffic. */
export function seasonAfter(
  days: number,
  random: () => number,
  rate: (index: number, random: () => number) => number = workingWeek,
  season: Season = {},
  first = 0,
): Season {
  let next = season;
  for (let index = first; index < first + days * DAY; index += 1) {
    next = learnBin(next, THURSDAY + index * QUARTER_MS, rate(index, random));
  }
  return next;
}

export function shuffled<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((one, other) => one.key - other.key)
    .map(({ item }) => item);
}
