import type { Instant } from "../../core/index.ts";
import { secondsIn } from "../../lab/duration.ts";
import { momentOf } from "../../lab/recordings/moment.ts";
import { UserError } from "../../shared/user-error.ts";

const AGO = /^-?(?<spans>(?:\d+(?:\.\d+)?\s*[a-z]+\s*)+?)(?:\s*ago)?$/;
const SPAN = /\d+(?:\.\d+)?\s*[a-z]+/g;

/** The moment that is so long ago: "now", "15m", "1h30m", "2 h ago", "-5m"; undefined for anything else. */
export function parseAgo(text: string, now: Instant): Instant | undefined {
  if (text.trim() === "now") return now;
  const spans = AGO.exec(text.trim())
    ?.groups?.spans?.match(SPAN)
    ?.map((span) => secondsIn(span.replace(/\s/g, "")));
  if (spans === undefined) return undefined;
  const seconds = spans.reduce((sum, one) => (sum ?? Number.NaN) + (one ?? Number.NaN), 0) ?? Number.NaN;
  return Number.isFinite(seconds) ? now - Math.round(seconds * 1000) : undefined;
}

/** The last day that a calendar of four digits has. */
const LAST = Date.UTC(9999, 11, 31);

/** A time (UTC where it names no zone; seconds of the epoch or finer), or how long ago it was, as an option says it. */
export function parseInstant(flag: string, text: string, now: Instant): Instant {
  const instant = parseAgo(text, now) ?? timeFrom(text);
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
