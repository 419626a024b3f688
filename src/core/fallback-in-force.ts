import type { Instant } from "./reading.ts";
import { counted, listed, span } from "./wording.ts";

/** The fallback sets the number of replicas, as no signal can be trusted. */
export interface FallbackInForce {
  /** The number it goes to, within the bounds in force. */
  readonly replicas: number;
  readonly since: Instant;
  /** Names of the signals that are in doubt, and since when all of them have been. */
  readonly signals: readonly string[];
  readonly noDataSince: Instant;
}

/** As a phrase. With `now` it says how long there has been no data; without, since when, which stays true. */
export function fallbackInWords({ replicas, since, signals, noDataSince }: FallbackInForce, now?: Instant): string {
  const lasts = now === undefined ? `since ${second(noDataSince)}` : `for ${span(now - noDataSince)}`;
  const has = signals.length === 1 ? "has" : "have";
  return `${counted(replicas, "replica")} since ${second(since)}, as ${listed(signals)} ${has} had no data ${lasts}`;
}

/** ISO 8601 to the second. */
function second(at: Instant): string {
  // biome-ignore lint/style/noRestrictedGlobals: it writes down a time that was handed in
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
