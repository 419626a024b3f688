import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pauseAfter } from "../../src/core/index.ts";

const RETRY = { firstMilliseconds: 1_000, longestMilliseconds: 30_000 };

test("pauses double up to the longest", () => {
  const whole = () => 1;
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 1_000_000].map((failures) => pauseAfter(failures, RETRY, whole)),
    [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000],
  );
});

test("a pause lies between half of its length and all of it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
      const whole = pauseAfter(failures, RETRY, () => 1);
      const pause = pauseAfter(failures, RETRY, () => random);
      assert.ok(pause >= whole / 2 && pause <= whole);
    }),
  );
});
