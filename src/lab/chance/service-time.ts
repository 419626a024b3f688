import { exponential, normal } from "./draws.ts";
import type { Random } from "./random.ts";

/** How long messages take to be worked on. */
export interface ServiceTime {
  readonly meanSeconds: number;
  readonly shape: "fixed" | "exponential" | "lognormal";
  /** Coefficient of variation (deviation / mean) of a lognormal one. */
  readonly cv?: number;
}

/** Draws service times, in milliseconds. */
export function serviceTimes({ meanSeconds, shape, cv = 1 }: ServiceTime, random: Random): () => number {
  const mean = meanSeconds * 1000;
  if (shape === "fixed") return () => mean;
  if (shape === "exponential") return () => mean * exponential(random);
  const variance = Math.log(1 + cv * cv);
  const deviation = Math.sqrt(variance);
  const median = mean * Math.exp(-variance / 2);
  return () => median * Math.exp(deviation * normal(random));
}
