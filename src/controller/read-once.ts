import type { Reading, ReadingFailure } from "../core/index.ts";
import { runWithin } from "../shared/async.ts";
import type { Listening, Source, WorkListener } from "../sources/shared/source.ts";
import { SourceError } from "../sources/shared/source-error.ts";
import type { Clock } from "./clock.ts";

/** The outcome of one poll. */
export type Outcome =
  | { readonly reading: Reading }
  /** `answer`: the beginning of what the server answered, for the log at debug level alone. */
  | { readonly failure: ReadingFailure; readonly answer?: string | undefined };

/** A poll that is under way. */
export interface ReadUnderWay {
  /** Always comes, with the answer or with what went wrong. */
  readonly outcome: Promise<Outcome>;
  /** Gives up at once. */
  stop(): void;
}

/** Asks once, and gives up after a while. What an abandoned poll answers later is dropped. */
export function readOnce(connected: () => Source, clock: Clock, timeoutSeconds: number): ReadUnderWay {
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
  const outcome = runWithin(limit, async (signal) => connected().read(signal)).then(asReading, (error: unknown) => ({
    failure: asFailure(error),
    answer: answerOf(error),
  }));
  return { outcome, stop: () => stopping.abort() };
}

function asReading(answer: unknown): Outcome {
  const reading = answer as Partial<Reading> | null | undefined;
  if (typeof reading?.value === "number" && typeof reading.at === "number") return { reading: reading as Reading };
  return { failure: { kind: "Malformed", message: "expected a reading with a value and a time, got neither" } };
}

function answerOf(error: unknown): string | undefined {
  if (!(error instanceof SourceError)) return undefined;
  return error.answer ?? answerOf(error.cause);
}

/** What to say of an error that a source rejected with, of its own kind or (a fault of ours) of any other. */
export function asFailure(error: unknown): ReadingFailure {
  if (error instanceof SourceError) return error.failure;
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { kind: "Malformed", message: `unexpected error in the source: ${what}` };
}

/** Listens for work on any kind of source: the end of a wait by a promise is heard too, unless it was stopped before. */
export function listenTo(source: Source, listener: WorkListener): Listening {
  if (source.listen !== undefined) return source.listen(listener);
  const abort = new AbortController();
  const unlessStopped = (hear: () => void) => {
    if (!abort.signal.aborted) hear();
  };
  source.waitForWork?.(abort.signal).then(
    (end) => unlessStopped(() => listener.heard(end === "unsupported" ? end : "maybe-work")),
    (error: unknown) => unlessStopped(() => listener.failed(error)),
  );
  return { stop: () => abort.abort(new Error("the wait was called off")) };
}
