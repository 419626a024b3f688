import type { Reading, ReadingFailure } from "../core/index.ts";
import { SourceError } from "../sources/shared/source-error.ts";
import type { Clock } from "./clock.ts";

/** What came of one look. */
export type Look = { readonly reading: Reading } | { readonly failure: ReadingFailure };

/**
 * Asks once and always comes back: with the answer, with what went wrong, or with TimedOut. What an abandoned
 * question answers later is dropped.
 */
export function look(
  read: (signal: AbortSignal) => Promise<Reading>,
  limits: { readonly clock: Clock; readonly timeoutSeconds: number; readonly stopped: AbortSignal },
): Promise<Look> {
  const { clock, timeoutSeconds, stopped } = limits;
  const abort = new AbortController();
  return new Promise((resolve) => {
    const settle = (outcome: Look) => {
      timer.cancel();
      stopped.removeEventListener("abort", stop);
      resolve(outcome);
    };
    const giveUp = (failure: ReadingFailure) => {
      settle({ failure });
      abort.abort(new SourceError(failure.kind, failure.message));
    };
    const stop = () => giveUp({ kind: "Unavailable", message: "the look was stopped" });
    const timer = clock.after(timeoutSeconds * 1000, () =>
      giveUp({ kind: "TimedOut", message: `expected an answer within ${timeoutSeconds} s, got none` }),
    );
    stopped.addEventListener("abort", stop);
    if (stopped.aborted) return stop();
    guarded(read, abort.signal).then(
      (reading) => settle(asReading(reading)),
      (error: unknown) => settle({ failure: asFailure(error) }),
    );
  });
}

/** A source that throws instead of rejecting is a source that fails. */
async function guarded<T>(ask: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return ask(signal);
}

function asReading(answer: unknown): Look {
  const reading = answer as Partial<Reading> | null | undefined;
  if (typeof reading?.value === "number" && typeof reading.at === "number") return { reading: reading as Reading };
  return { failure: { kind: "Malformed", message: "expected a reading with a value and a time, got neither" } };
}

/** What to say of an error that a source rejected with, of its own kind or (a fault of ours) of any other. */
export function asFailure(error: unknown): ReadingFailure {
  if (error instanceof SourceError) return { kind: error.kind, message: error.message };
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { kind: "Malformed", message: `the source failed in a way it should not: ${what}` };
}
