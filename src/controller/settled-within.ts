import type { Clock } from "./clock.ts";

/** Waits until all have settled, one way or the other, but no longer than so many milliseconds; whether they have. */
export async function settledWithin(
  milliseconds: number,
  clock: Clock,
  promises: readonly Promise<unknown>[],
): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.after(milliseconds, () => resolve(false));
    Promise.allSettled(promises).then(() => {
      timer.cancel();
      resolve(true);
    });
  });
}
