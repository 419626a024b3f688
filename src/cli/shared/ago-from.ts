import type { Instant } from "../../core/index.ts";
import { secondsIn } from "../../lab/duration.ts";

const AGO = /^-?(?<spans>(?:\d+(?:\.\d+)?\s*[a-z]+\s*)+?)(?:\s*ago)?$/;
const SPAN = /\d+(?:\.\d+)?\s*[a-z]+/g;

/** The moment that is so long ago: "now", "15m", "1h30m", "2 h ago", "-5m"; undefined for anything else. */
export function agoFrom(text: string, now: Instant): Instant | undefined {
  if (text.trim() === "now") return now;
  const spans = AGO.exec(text.trim())
    ?.groups?.spans?.match(SPAN)
    ?.map((span) => secondsIn(span.replace(/\s/g, "")));
  if (spans === undefined) return undefined;
  const seconds = spans.reduce((sum, one) => (sum ?? Number.NaN) + (one ?? Number.NaN), 0) ?? Number.NaN;
  return Number.isFinite(seconds) ? now - Math.round(seconds * 1000) : undefined;
}
