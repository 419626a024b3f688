import type { Identity } from "./connection.ts";

/** Whether connections made for the one serve the other. */
export function hasSameTls(one: Identity, other: Identity): boolean {
  return one.ca === other.ca && one.certificate === other.certificate && one.key === other.key;
}
