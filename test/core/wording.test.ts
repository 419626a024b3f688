import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { roughly } from "../../src/core/wording.ts";

test("rounds to two digits exactly as the number's text does", () => {
  const values = fc.oneof(
    fc.double({ min: 0, max: 110, noNaN: true }),
    fc.double(),
    // Around the middle between two results.
    fc.integer({ min: 0, max: 20_000 }).map((steps) => (steps / 200) * (1 - 2 ** -53)),
    fc.integer({ min: 0, max: 20_000 }).map((steps) => steps / 200),
  );
  fc.assert(
    fc.property(values, (value) => assert.ok(Object.is(roughly(value), Number(value.toPrecision(2))))),
    { numRuns: 2_000 },
  );
});
