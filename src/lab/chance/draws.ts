import type { Random } from "./random.ts";

/** Up to this mean a Poisson number is counted out; above it the normal distribution is within a percent of it. */
const LARGE_MEAN = 64;

/** An exponentially distributed number of mean 1. */
export function exponential(random: Random): number {
  return -Math.log(1 - random.next());
}

/** A normally distributed number of mean 0 and deviation 1 (Box and Muller). */
export function normal(random: Random): number {
  const radius = Math.sqrt(2 * exponential(random));
  return radius * Math.cos(2 * Math.PI * random.next());
}

/** How many of events that come by chance come, where so many are expected. */
export function poisson(mean: number, random: Random): number {
  if (!(mean > 0)) return 0;
  if (mean > LARGE_MEAN) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > limit; product *= random.next()) count += 1;
  return count;
}
