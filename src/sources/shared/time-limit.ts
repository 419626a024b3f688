import { SourceError } from "./source-error.ts";

/** How long to wait, and for whom. */
export interface TimeLimit {
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** Whom we wait for, as errors name it. */
  readonly what: string;
}

/** Seconds that one read may take where its user does not say otherwise. */
export const USUAL_SECONDS = 10;

/** Seconds that one read of a source may take: its own `timeoutSeconds` where it has that setting. */
export function readSeconds({ timeoutSeconds }: Readonly<Record<string, unknown>>): number {
  return typeof timeoutSeconds === "number" ? timeoutSeconds : USUAL_SECONDS;
}

/**
 * Does `work`, but no longer than `seconds` and no longer than `signal` lets it: then rejects with TimedOut, whatever
 * the work does. The work gets a signal of its own that aborts in both cases.
 */
export async function withinTime<T>(limit: TimeLimit, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { seconds, signal, what } = limit;
  const own = new AbortController();
  let giveUp: (error: SourceError) => void = () => undefined;
  const gaveUp = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const stop = (message: string) => {
    const error = new SourceError("TimedOut", message);
    giveUp(error);
    own.abort(error);
  };
  const onAbort = () => stop(`${what} had not answered when the look was cut short`);
  const timer = setTimeout(() => stop(`${what} did not answer within ${seconds} s`), seconds * 1000);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    else return await Promise.race([work(own.signal), gaveUp]);
    return await gaveUp;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
