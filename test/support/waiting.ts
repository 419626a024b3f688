import { setTimeout as pause } from "node:timers/promises";

/** The outcome of `work`, or a failure if it takes longer. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing happened within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The first success of `work`, which is tried again and again for a while; more rarely where a try is costly. */
export async function eventually<T>(
  work: () => Promise<T>,
  { patienceMs = 45_000, pauseMs = 50 }: { readonly patienceMs?: number; readonly pauseMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(pauseMs);
    }
  }
}
