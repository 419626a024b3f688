import type { Decision } from "./decision.ts";

/** The least change of a number that leads to another answer. */
export interface Change {
  readonly by: number;
  readonly to: number;
  readonly desiredReplicas: number;
}

/** No change of the number leads to another answer: the last word of the rules on the farthest one. */
export interface Unchanged {
  readonly because: string;
  /** The farthest number that was asked about; absent where there is none that far. */
  readonly at?: number;
}

/** What is searched along. */
export interface Search {
  readonly now: number;
  /** The answer that has to change. */
  readonly desired: number;
  /** What is decided at a number. */
  readonly at: (number: number) => Decision;
  /** Numbers are searched in steps of this. */
  readonly unit: number;
  /** No number lies below this. */
  readonly least: number;
  /** No number lies above this. */
  readonly most: number;
  readonly way: 1 | -1;
}

/** So many steps are asked one by one. */
const NEAR = 32;

/**
 * Asks step by step near by, then doubles the distance until the answer is another one and halves what lies between.
 * Where the answer goes back and forth that far away it is a change all the same, and perhaps not the least one.
 */
export function smallestChange({ now, desired, at, unit, least, most: highest, way }: Search): Change | Unchanged {
  // Sums of small fractions are told as a person would write them.
  const number = (steps: number) => Number((now + way * steps * unit).toPrecision(12));
  const room = Math.max(0, way > 0 ? highest - now : now - least);
  const most = Math.floor(Math.min(room / unit, Number.MAX_SAFE_INTEGER / 2));
  const differs = (steps: number) => at(number(steps)).desiredReplicas !== desired;
  let same = 0;
  let other = 1;
  while (other < most && !differs(other)) {
    same = other;
    other += other < NEAR ? 1 : other;
  }
  other = Math.min(other, most);
  const last = other > 0 ? at(number(other)) : undefined;
  if (last === undefined) return { because: `it is ${now}, and cannot be less` };
  if (last.desiredReplicas === desired) {
    return { because: last.limited?.message ?? last.steps.at(-1)?.because ?? "", at: number(other) };
  }
  while (other - same > 1) {
    const middle = same + Math.floor((other - same) / 2);
    if (differs(middle)) other = middle;
    else same = middle;
  }
  const to = number(other);
  return { by: Number((to - now).toPrecision(12)), to, desiredReplicas: at(to).desiredReplicas };
}
