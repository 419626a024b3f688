import type { Instant } from "../../core/index.ts";
import { momentOf } from "../../lab/arrivals/moment.ts";
import { agoFrom } from "../shared/ago-from.ts";
import { UserError } from "../shared/user-error.ts";

/** The last day that a calendar of four digits has. */
const LAST = Date.UTC(9999, 11, 31);

/** A time (UTC where it names no zone; seconds of the epoch or finer), or how long ago it was, as an option says it. */
export function instantFrom(flag: string, text: string, now: Instant): Instant {
  const instant = agoFrom(text, now) ?? timeFrom(text);
  if (instant !== undefined && instant >= 0 && instant <= LAST) return instant;
  throw new UserError(
    `${flag}: expected a time such as 2026-01-02T03:04:05Z, or how long ago such as 15m, got "${text}"`,
  );
}

/** Small numbers are no time: nobody knows what they count from. */
function timeFrom(text: string): Instant | undefined {
  const moment = momentOf(text);
  return moment === undefined || moment.notation === "seconds" ? undefined : moment.at;
}
