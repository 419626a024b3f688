import assert from "node:assert/strict";
import { test } from "node:test";
import { Retries } from "../../src/shared/retries.ts";

test("pauses grow with each failure, begin again after a reset, and are no shorter than the server asks", () => {
  const retries = new Retries({ firstMilliseconds: 50, longestMilliseconds: 10_000 }, () => 1);
  const pauses = Array.from({ length: 9 }, () => retries.next());
  assert.deepEqual(pauses, [50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000]);
  assert.equal(retries.failures, 9);
  retries.reset();
  assert.equal(retries.next(), 50);
  assert.equal(retries.next(3), 3_000);
});
