/** Student's t for a two-sided interval of 95 %, by degrees of freedom from 1 to 30. */
const T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
/** The same of the normal distribution. */
const NORMAL = 1.959964;
/** A deviation that is smaller than this part of the mean is what is left of rounding, and none. */
const ROUNDING = 1e-9;

/** A mean over runs, and how far the true mean may be from it with 95 % confidence. */
export interface Estimate {
  readonly mean: number;
  /** Absent for a single run: it says nothing about others. */
  readonly plusMinus?: number;
}

/** What runs with different seeds say about the mean of all such runs. */
export function estimate(values: readonly number[]): Estimate {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const plusMinus = student(count - 1) * Math.sqrt(variance / count);
  return { mean, plusMinus: plusMinus < Math.abs(mean) * ROUNDING ? 0 : plusMinus };
}

/** By the first terms of its expansion around the normal's where the table ends: within 0.0001. */
function student(freedom: number): number {
  const z = NORMAL;
  return T[freedom - 1] ?? z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
}
