/** Student's t for a two-sided interval of 95 %, by degrees of freedom from 1 to 30; beyond them the normal's. */
const T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const NORMAL = 1.96;

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
  return { mean, plusMinus: (T[count - 2] ?? NORMAL) * Math.sqrt(variance / count) };
}
