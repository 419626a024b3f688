import type { Clock } from "./clock.ts";

/** Waits until all have settled, one way or the other, but no longer than so many milliseconds. */
export async function settledWithin(
  milliseconds: number,
  clock: Clock,
  promises: readonly Promise<unknown>[],
): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = clock.after(milliseconds, resolve);
    Promise.allSettled(promises).then(() => {
      timer.cancel();
      resolve();
    });
  });
}
