import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Backoff } from "../../../src/sources/shared/backoff.ts";

test("waits twice as long after each failure, by chance up to half less, and never longer than the most", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2000 }), fc.double({ min: 0, max: 1e9, noNaN: true }), (failures, now) => {
      const backoff = new Backoff({ firstMs: 100, mostMs: 10_000 });
      for (let failure = 0; failure <= failures; failure++) backoff.failed(now);
      const wait = Math.min(10_000, 100 * 2 ** failures);
      assert.ok(backoff.holdsBack(now + wait / 2 - 1));
      assert.ok(!backoff.holdsBack(now + wait + 1));
    }),
  );
});

test("holds nobody back before the first failure, and forgets failures after a success", () => {
  const backoff = new Backoff({ firstMs: 100, mostMs: 10_000 });
  assert.ok(!backoff.holdsBack(0));
  for (let failure = 0; failure < 8; failure++) backoff.failed(0);
  backoff.succeeded();
  backoff.failed(0);
  assert.ok(!backoff.holdsBack(101));
});
