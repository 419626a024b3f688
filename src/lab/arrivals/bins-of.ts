import type { Traffic } from "../traffic/traffic.ts";

/** The usual step is found among so many rows. */
const SAMPLED = 10_000;
/** A file of a single row says nothing of its step. */
const USUAL_MS = 60_000;

export interface Bins extends Pick<Traffic, "binMs" | "spans"> {
  /** Steps that are longer than a bin, and by how much the longest one is. */
  readonly gaps: number;
  readonly longestGapMs: number;
}

/** How long each row's bin is: the file's most frequent step, or less where the next row comes sooner. */
export function binsOf(at: Float64Array, grainMs: number): Bins {
  const binMs = Math.max(grainMs, usualStep(at));
  let isEven = true;
  let gaps = 0;
  let longestGapMs = 0;
  for (let index = 1; index < at.length; index += 1) {
    const step = (at[index] as number) - (at[index - 1] as number);
    if (step < binMs) isEven = false;
    if (step < 1.5 * binMs) continue;
    gaps += 1;
    longestGapMs = Math.max(longestGapMs, step - binMs);
  }
  if (isEven) return { binMs, gaps, longestGapMs };
  return { binMs, spans: spansOf(at, binMs), gaps, longestGapMs };
}

/** How long each row speaks for: a step, or less where the next row comes sooner. */
export function spansOf(at: Float64Array, stepMs: number): Float64Array {
  return at.map((moment, index) => Math.min(stepMs, (at[index + 1] ?? Number.POSITIVE_INFINITY) - moment));
}

/** The most frequent step from one time to the next, of those that are alike the shortest; `otherwise` where there is none. */
export function usualStep(at: ArrayLike<number>, otherwise = USUAL_MS): number {
  const seen = new Map<number, number>();
  for (let index = 1; index < Math.min(at.length, SAMPLED); index += 1) {
    const step = (at[index] as number) - (at[index - 1] as number);
    seen.set(step, (seen.get(step) ?? 0) + 1);
  }
  let usual = otherwise;
  let most = 0;
  for (const [step, times] of seen) {
    if (times > most || (times === most && step < usual)) [usual, most] = [step, times];
  }
  return usual;
}
