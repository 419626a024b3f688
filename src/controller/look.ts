import type { Reading, ReadingFailure } from "../core/index.ts";
import { runWithin } from "../shared/async.ts";
import type { Source } from "../sources/shared/source.ts";
import { SourceError } from "../sources/shared/source-error.ts";
import type { Clock } from "./clock.ts";

/** What came of one look. */
export type Look =
  | { readonly reading: Reading }
  /** `answer`: the beginning of what the server answered, for the log at debug level alone. */
  | { readonly failure: ReadingFailure; readonly answer?: string | undefined };

/** A look that is under way. */
export interface LookUnderWay {
  /** Always comes, with the answer or with what went wrong. */
  readonly outcome: Promise<Look>;
  /** Gives up at once. */
  stop(): void;
}

/** Asks once, and gives up after a while. What an abandoned question answers later is dropped. */
export function look(connected: () => Source, clock: Clock, timeoutSeconds: number): LookUnderWay {
  const stopping = new AbortController();
  const limit = {
    milliseconds: timeoutSeconds * 1000,
    signal: stopping.signal,
    timers: clock,
    reason: (isExpired: boolean) =>
      isExpired
        ? new SourceError("TimedOut", `expected an answer within ${timeoutSeconds} s, got none`)
        : new SourceError("Unavailable", "the poll was stopped"),
  };
  const outcome = runWithin(limit, async (signal) => connected().read(signal)).then(asReading, asLook);
  return { outcome, stop: () => stopping.abort() };
}

function asReading(answer: unknown): Look {
  const reading = answer as Partial<Reading> | null | undefined;
  if (typeof reading?.value === "number" && typeof reading.at === "number") return { reading: reading as Reading };
  return { failure: { kind: "Malformed", message: "expected a reading with a value and a time, got neither" } };
}

function asLook(error: unknown): Look {
  return { failure: asFailure(error), answer: answerOf(error) };
}

function answerOf(error: unknown): string | undefined {
  if (!(error instanceof SourceError)) return undefined;
  return error.answer ?? answerOf(error.cause);
}

/** What to say of an error that a source rejected with, of its own kind or (a fault of ours) of any other. */
export function asFailure(error: unknown): ReadingFailure {
  if (error instanceof SourceError) return error.failure;
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { kind: "Malformed", message: `the source failed in a way it should not: ${what}` };
}
