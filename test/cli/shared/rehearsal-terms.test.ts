import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTimeRange } from "../../../src/cli/shared/rehearsal-terms.ts";

test("reads a time range as times, as seconds from the recording's start, or as how long ago", () => {
  const ago = (text: string) => Math.round((Date.now() - (parseTimeRange({ from: text }).from ?? Number.NaN)) / 60_000);
  assert.deepEqual(["90m", "1h30m", "1h 30m ago", "-90m"].map(ago), [90, 90, 90, 90]);
  assert.deepEqual(parseTimeRange({ from: "60", to: "2024-06-01" }), {
    timeZone: undefined,
    from: 60_000,
    to: Date.UTC(2024, 5, 1),
  });
  assert.throws(() => parseTimeRange({ from: "soon" }), /--from: expected a time such as .* got "soon"/);
});
