import assert from "node:assert/strict";

/** Text that clears a terminal, begins a line, turns the direction of writing and hides something, if it is printed as it is. */
export const HOSTILE = "mail\u001b[2J\nReady\u202eliam\u200b\u009b2J";
/** The same as it may be printed. */
export const HARMLESS = "mail\\u001b[2J\\nReady\\u202eliam\\u200b\\u009b2J";

/** Nothing but line ends is left of it that moves, hides or turns what is printed. */
export function assertPrintable(text: string): void {
  assert.doesNotMatch(text, /[^\P{Cc}\n]|\p{Cf}/u);
}
