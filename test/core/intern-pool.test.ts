import assert from "node:assert/strict";
import { test } from "node:test";
import { InternPool } from "../../src/core/index.ts";

test("equal values become one, different ones stay apart", () => {
  const alike = new InternPool<{ readonly rule: string; readonly to: number }>();
  const first = { rule: "sizeForBacklog", to: 2 };
  assert.equal(alike.of(first), first);
  assert.equal(alike.of({ rule: "sizeForBacklog", to: 2 }), first);
  assert.deepEqual(alike.of({ rule: "sizeForBacklog", to: 3 }), { rule: "sizeForBacklog", to: 3 });
});

test("however many different values come, each comes back as it is", () => {
  const alike = new InternPool<readonly number[]>();
  for (let round = 0; round < 5_000; round += 1) assert.deepEqual(alike.of([round % 1_000]), [round % 1_000]);
});
