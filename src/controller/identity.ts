import type { Origin, Parsed } from "../core/index.ts";

/** The id of what a feed handed over, be it an autoscaler or what failed to become one. */
export function idOf(parsed: Parsed): string {
  return "autoscaler" in parsed ? parsed.autoscaler.id : parsed.id;
}

/** Where what a feed handed over was written down. */
export function originOf(parsed: Parsed): Origin {
  return "autoscaler" in parsed ? parsed.autoscaler.origin : parsed.origin;
}
