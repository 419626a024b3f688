import type { Backoff, Pace } from "../core/index.ts";

const FIRST_RETRY_MILLISECONDS = 1_000;
/** The longest pause of a source that fails, in steady paces: cheap sources are retried sooner than expensive ones. */
const RETRY_PACES = 10;
const LONGEST_RETRY_MILLISECONDS = { least: 5_000, most: 30_000 };

/** Of a server that does not answer, for the one that tries for all who read it. */
export const UNANSWERED: Backoff = { firstMilliseconds: 1_000, longestMilliseconds: 1_000 };

/** A server that asks for fewer reads gets fewer. */
const THROTTLED: Backoff = { firstMilliseconds: 5_000, longestMilliseconds: 60_000 };

/** How the pauses grow in which a source that fails in this way is not looked at. */
export function retryOf({ steadySeconds }: Pace, failure: string | undefined): Backoff {
  if (failure === "Throttled") return THROTTLED;
  const { least, most } = LONGEST_RETRY_MILLISECONDS;
  const paces = RETRY_PACES * steadySeconds * 1000;
  return { firstMilliseconds: FIRST_RETRY_MILLISECONDS, longestMilliseconds: Math.min(Math.max(paces, least), most) };
}
