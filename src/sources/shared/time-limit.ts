import { runWithin } from "../../shared/async.ts";
import { SourceError } from "./source-error.ts";

export interface TimeLimit {
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** Who is to answer, as errors name it. */
  readonly what: string;
}

/** Seconds that one read may take unless its user sets others. */
export const USUAL_SECONDS = 10;

/** Seconds that one read of a source may take: its own `timeoutSeconds` where it has that setting. */
export function readSeconds({ timeoutSeconds }: Readonly<Record<string, unknown>>): number {
  return typeof timeoutSeconds === "number" ? timeoutSeconds : USUAL_SECONDS;
}

/** Does `work` within the limit. Rejects with TimedOut as soon as the limit is reached, even if the work goes on. */
export function answerWithin<T>(limit: TimeLimit, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { seconds, signal, what } = limit;
  const reason = (isExpired: boolean) =>
    isExpired ? new SourceError("TimedOut", `${what} did not answer within ${seconds} s`) : stopped(what);
  return runWithin({ milliseconds: seconds * 1000, signal, reason }, work);
}

/** What a read rejects with when its caller stops it. */
export function stopped(what: string): SourceError {
  return new SourceError("TimedOut", `${what} had not answered when the poll was stopped`);
}
