import { roughly } from "../../core/wording.ts";
import type { Scalar } from "../sweep/field-values.ts";

/** A field with the values that the search begins with; undefined leaves it as it is. */
export interface TunedField {
  readonly path: string;
  readonly values: readonly (Scalar | undefined)[];
  /** Between two values others may be tried: whole numbers, or any. Absent: only those that are listed. */
  readonly between?: "whole" | "any";
}

/** 1, 2, 5, 10, 20, 50 and so on between two numbers, both of them too. */
export function oneTwoFive(from: number, to: number): readonly number[] {
  const values = [from, to];
  for (let power = 10 ** Math.floor(Math.log10(from)); power <= to; power *= 10) {
    values.push(...[1, 2, 5].map((digit) => Number((digit * power).toPrecision(1))));
  }
  return sorted(values.filter((value) => value >= from && value <= to));
}

/** Each number once, the smallest first. */
export function sorted(values: readonly number[]): readonly number[] {
  return [...new Set(values)].sort((one, other) => one - other);
}

/** Leaves out every other value of the longest lists until so few combinations are left; the present values stay. */
export function thinned(
  fields: readonly TunedField[],
  present: (path: string) => unknown,
  most: number,
): readonly TunedField[] {
  const lists = fields.map(({ values }) => values);
  for (;;) {
    const longest = Math.max(...lists.map((list) => list.length));
    if (longest <= 1 || lists.reduce((product, list) => product * list.length, 1) <= most) break;
    // Of lists that are alike, the one of the field that matters least.
    const index = lists.findLastIndex((list) => list.length === longest);
    lists[index] = everyOther(lists[index] ?? [], present(fields[index]?.path ?? ""));
  }
  return fields.map((field, index) => ({ ...field, values: lists[index] ?? [] }));
}

function everyOther<Value>(list: readonly Value[], present: unknown): readonly Value[] {
  const kept = list.filter((value, place) => value === present || place % 2 === 0);
  return kept.length < list.length
    ? kept
    : list
        .filter((value) => value === present)
        .concat(list)
        .slice(0, 1);
}

/** Values half way, as proportions go, between one value and its neighbours among those that were tried. */
export function halfWay(value: number, tried: readonly number[], between: "whole" | "any"): readonly number[] {
  const below = sorted(tried).findLast((other) => other < value);
  const above = sorted(tried).find((other) => other > value);
  return [below, above].flatMap((other) => {
    if (other === undefined) return [];
    const [low, high] = value < other ? [value, other] : [other, value];
    const middle = low > 0 ? Math.sqrt(low * high) : (low + high) / 2;
    const rounded = between === "whole" ? Math.round(middle) : roughly(middle);
    return rounded > low && rounded < high ? [rounded] : [];
  });
}
